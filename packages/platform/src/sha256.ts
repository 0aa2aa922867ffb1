/** Incremental SHA-256, with the same interface on both platforms. */
export interface Sha256 {
  /** Strings are encoded as UTF-8. */
  update(part: Uint8Array | string): Sha256;
  hex(): string;
}
