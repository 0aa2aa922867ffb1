/**
 * Texts that were seen, by 64-bit hashes in a table with open addressing: 16 to 32 bytes a text, where a set of strings takes a hundred. Among fifteen
 * million texts, two different ones have the same hash with a probability of 6e-6.
 */
export class TextSet {
  private size = 0;
  private first = new Uint32Array(1024);
  private second = new Uint32Array(1024);

  /** Says whether the text was new. */
  add(text: string): boolean {
    if (this.size * 2 >= this.first.length) this.grow();
    const [a, b] = hashOf(text);
    const place = this.placeOf(a, b);
    if (this.first[place] !== 0) return false;
    this.first[place] = a;
    this.second[place] = b;
    this.size++;
    return true;
  }

  /** Where the hash is, or would be; 0 marks a free place. */
  private placeOf(a: number, b: number): number {
    const { first, second } = this;
    const mask = first.length - 1;
    let place = a & mask;
    while (first[place] !== 0 && (first[place] !== a || second[place] !== b)) place = (place + 1) & mask;
    return place;
  }

  private grow(): void {
    const { first, second } = this;
    this.first = new Uint32Array(first.length * 2);
    this.second = new Uint32Array(first.length * 2);
    for (let i = 0; i < first.length; i++) {
      if (first[i] === 0) continue;
      const place = this.placeOf(first[i], second[i]);
      this.first[place] = first[i];
      this.second[place] = second[i];
    }
  }
}

function hashOf(text: string): readonly [number, number] {
  let [a, b] = [0x9747b28c, 0x3c6ef372];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul(b ^ unit, 0x85ebca6b);
    b ^= b >>> 13;
  }
  return [mixed(a, text.length) || 1, mixed(b, text.length)];
}

/** The last mixing of MurmurHash3. */
function mixed(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
