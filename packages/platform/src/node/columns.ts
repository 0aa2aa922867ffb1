/** Lists of millions of numbers and names that grow, at a few bytes each instead of an object. */

type Numbers = Uint8Array | Uint32Array | Float64Array;

/** Numbers that come one after another, as many as there will be. */
export class Column<T extends Numbers> {
  length = 0;

  /** `values`: where to begin, of the type that is wanted. */
  constructor(private values: T) {}

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new (this.values.constructor as new (length: number) => T)(Math.max(1024, this.length * 2));
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length++] = value;
  }

  at(index: number): number {
    return this.values[index];
  }

  set(index: number, value: number): void {
    this.values[index] = value;
  }

  /** All of them so far; the memory is shared. */
  view(): T {
    return this.values.subarray(0, this.length) as T;
  }
}

const CHUNK = 1 << 20;
const LENGTH_BYTES = 4;

/** Names by number, as UTF-8: their bytes and twelve more each. */
export class NameColumn {
  private readonly starts = new Column(new Float64Array(0));
  private readonly chunks: Buffer[] = [];
  private used = CHUNK;

  get length(): number {
    return this.starts.length;
  }

  push(name: string): void {
    const length = Buffer.byteLength(name);
    if (this.used + LENGTH_BYTES + length > CHUNK) {
      this.chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK, LENGTH_BYTES + length)));
      this.used = 0;
    }
    const chunk = this.chunks[this.chunks.length - 1];
    this.starts.push((this.chunks.length - 1) * CHUNK + this.used);
    chunk.writeUInt32LE(length, this.used);
    chunk.write(name, this.used + LENGTH_BYTES);
    this.used += LENGTH_BYTES + length;
  }

  at(number: number): string {
    const { chunk, start, end } = this.placeOf(number);
    return chunk.toString('utf8', start, end);
  }

  /** Whether a name has these bytes. */
  has(number: number, bytes: Buffer): boolean {
    const { chunk, start, end } = this.placeOf(number);
    return end - start === bytes.length && chunk.compare(bytes, 0, bytes.length, start, end) === 0;
  }

  /** The numbers in the order of their names by UTF-16 code units, which is that of JavaScript's strings. */
  sorted(numbers: Uint32Array): Uint32Array {
    let ordered = true;
    for (let i = 1; i < numbers.length && ordered; i++) ordered = this.compare(numbers[i - 1], numbers[i]) <= 0;
    return ordered ? numbers : numbers.slice().sort((a, b) => this.compare(a, b));
  }

  private compare(a: number, b: number): number {
    const [one, other] = [this.placeOf(a), this.placeOf(b)];
    const [length, otherLength] = [one.end - one.start, other.end - other.start];
    for (let at = 0; at < length && at < otherLength; at++) {
      const [x, y] = [one.chunk[one.start + at], other.chunk[other.start + at]];
      if (x !== y) return rank(x) - rank(y);
    }
    return length - otherLength;
  }

  private placeOf(number: number): { chunk: Buffer; start: number; end: number } {
    const at = this.starts.at(number);
    const chunk = this.chunks[Math.floor(at / CHUNK)];
    const start = (at % CHUNK) + LENGTH_BYTES;
    return { chunk, start, end: start + chunk.readUInt32LE(start - LENGTH_BYTES) };
  }
}

/** UTF-8 orders characters by number; in UTF-16, those of four bytes come before U+E000 to U+FFFF, which begin with these. */
const rank = (byte: number): number => (byte === 0xee || byte === 0xef ? byte + 0x10 : byte);

/** Names by number without repeats, and their numbers. */
export class UniqueNames {
  private readonly names = new NameColumn();
  /** Number + 1, at a place that the name's hash gives, or the next free one; 0 is free. */
  private table = new Uint32Array(1024);

  get length(): number {
    return this.names.length;
  }

  at(number: number): string {
    return this.names.at(number);
  }

  find(name: string): number | undefined {
    const number = this.table[this.placeOf(Buffer.from(name))];
    return number === 0 ? undefined : number - 1;
  }

  /** The name's number, given to it if it is new. */
  add(name: string): number {
    if ((this.length + 1) * 2 > this.table.length) this.grow();
    const place = this.placeOf(Buffer.from(name));
    if (this.table[place] === 0) {
      this.names.push(name);
      this.table[place] = this.length;
    }
    return this.table[place] - 1;
  }

  /** As of a `NameColumn`. */
  sorted(numbers: Uint32Array): Uint32Array {
    return this.names.sorted(numbers);
  }

  private placeOf(bytes: Buffer): number {
    const mask = this.table.length - 1;
    let place = hashOf(bytes) & mask;
    while (this.table[place] !== 0 && !this.names.has(this.table[place] - 1, bytes)) place = (place + 1) & mask;
    return place;
  }

  private grow(): void {
    this.table = new Uint32Array(this.table.length * 2);
    const mask = this.table.length - 1;
    for (let number = 0; number < this.length; number++) {
      let place = hashOf(Buffer.from(this.at(number))) & mask;
      while (this.table[place] !== 0) place = (place + 1) & mask;
      this.table[place] = number + 1;
    }
  }
}

function hashOf(bytes: Buffer): number {
  let hash = 0x9747b28c;
  for (const byte of bytes) {
    hash = Math.imul(hash ^ byte, 0x01000193);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
