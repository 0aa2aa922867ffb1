/** An open file that is read piece by piece, with the same interface on both platforms. */
export interface FilePieces {
  /** Bytes in all. */
  readonly size: number;
  /** These bytes, in memory of their own. */
  read(offset: number, length: number): Promise<Uint8Array>;
}
