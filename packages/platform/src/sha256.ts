/** SHA-256 in pieces, as both platforms offer it. */
export interface Sha256 {
  /** Text counts as UTF-8. */
  update(part: Uint8Array | string): Sha256;
  hex(): string;
}
