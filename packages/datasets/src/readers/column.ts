/** Numbers that come one after another, as many as there will be: a few bytes each. */
type Numbers = Uint8Array | Uint32Array | Float64Array;

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

  /** All of them so far; the memory is shared. */
  view(): T {
    return this.values.subarray(0, this.length) as T;
  }
}
