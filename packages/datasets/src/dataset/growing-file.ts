/** A file that is only appended to: small pieces are held back and written at once. */
import { open, type FileHandle } from 'node:fs/promises';

const PIECE_BYTES = 1 << 18;

export class GrowingFile {
  size = 0;
  private piece = Buffer.allocUnsafe(PIECE_BYTES);
  private used = 0;
  private closed = false;

  private constructor(private readonly file: FileHandle) {}

  /** Empties a file that is there already. */
  static async create(path: string): Promise<GrowingFile> {
    return new GrowingFile(await open(path, 'w'));
  }

  /** The next `bytes` of the file, to be filled before the next call. */
  async room(bytes: number): Promise<Buffer> {
    if (this.used + bytes > this.piece.length) {
      await this.flush();
      if (bytes > this.piece.length) this.piece = Buffer.allocUnsafe(bytes);
    }
    const start = this.used;
    this.used += bytes;
    this.size += bytes;
    return this.piece.subarray(start, this.used);
  }

  async write(text: string): Promise<void> {
    (await this.room(Buffer.byteLength(text, 'utf8'))).write(text, 'utf8');
  }

  /** Writes what was held back. All of it is on the disk then. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    try {
      await this.flush();
      await this.file.sync();
    } finally {
      await this.file.close();
    }
  }

  /** Closes without writing what was held back, which a full disk would refuse: for a file that will not be kept. */
  async abandon(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.file.close();
  }

  private async flush(): Promise<void> {
    await this.file.appendFile(this.piece.subarray(0, this.used));
    this.used = 0;
  }
}
