/**
 * Encoded images that have been read ahead and are kept until they are taken. They lie in pages, so that the memory of one
 * serves others whatever their size, and memory grows only to the most that was held at once.
 */
const PAGE = 1024;
const PAGES_IN_SLAB = 4096;
const NONE = 0xffffffff;

interface Held {
  readonly first: number;
  readonly size: number;
  /** How often it will be taken: images at the end of an epoch may be read again for the next. */
  uses: number;
}

export class HeldImages {
  private readonly images = new Map<number, Held>();
  private readonly slabs: Uint8Array[] = [];
  /** The page after each one, of an image or of the free pages. */
  private following = new Uint32Array(0);
  private free = NONE;

  get count(): number {
    return this.images.size;
  }

  /** Bytes of memory taken. */
  get bytes(): number {
    return this.slabs.length * PAGES_IN_SLAB * PAGE;
  }

  /** Bytes of an image; `undefined` if it is not held. */
  sizeOf(sample: number): number | undefined {
    return this.images.get(sample)?.size;
  }

  put(sample: number, bytes: Uint8Array): void {
    const known = this.images.get(sample);
    if (known) {
      known.uses++;
      return;
    }
    let first = NONE;
    // from the last page to the first, so that each knows the one after it
    for (let at = Math.max(0, Math.ceil(bytes.length / PAGE) - 1) * PAGE; at >= 0; at -= PAGE) {
      const page = this.takePage();
      this.pageAt(page).set(bytes.subarray(at, at + PAGE));
      this.following[page] = first;
      first = page;
    }
    this.images.set(sample, { first, size: bytes.length, uses: 1 });
  }

  /** Copies a held image to the start of `into`, and lets go of it. */
  take(sample: number, into: Uint8Array): void {
    const held = this.images.get(sample)!;
    let last = NONE;
    for (let page = held.first, at = 0; page !== NONE; page = this.following[page], at += PAGE) {
      into.set(this.pageAt(page).subarray(0, Math.min(PAGE, held.size - at)), at);
      last = page;
    }
    if (--held.uses > 0) return;
    this.following[last] = this.free;
    this.free = held.first;
    this.images.delete(sample);
  }

  clear(): void {
    this.images.clear();
    this.slabs.length = 0;
    this.following = new Uint32Array(0);
    this.free = NONE;
  }

  private pageAt(page: number): Uint8Array {
    const start = (page % PAGES_IN_SLAB) * PAGE;
    return this.slabs[Math.floor(page / PAGES_IN_SLAB)].subarray(start, start + PAGE);
  }

  private takePage(): number {
    if (this.free === NONE) this.grow();
    const page = this.free;
    this.free = this.following[page];
    return page;
  }

  private grow(): void {
    const before = this.slabs.length * PAGES_IN_SLAB;
    this.slabs.push(new Uint8Array(PAGES_IN_SLAB * PAGE));
    const following = new Uint32Array(before + PAGES_IN_SLAB);
    following.set(this.following);
    for (let page = before; page < following.length; page++)
      following[page] = page + 1 < following.length ? page + 1 : NONE;
    this.following = following;
    this.free = before;
  }
}
