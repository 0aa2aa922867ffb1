/** Many files, of which the ones used most recently stay open: a dataset may have more shards than a process may open files. */
import { CheckedFile } from '@facewright/platform/node';

interface OpenFile {
  readonly opening: Promise<CheckedFile>;
  /** Set once it is open. */
  file?: CheckedFile;
  /** Uses in progress. */
  users: number;
}

export class OpenFiles {
  /** The one used longest ago comes first. */
  private readonly files = new Map<number, OpenFile>();

  /** At most `most` stay open. While more are in use at once, all of those are open. */
  constructor(
    private readonly paths: readonly string[],
    private readonly most: number,
  ) {}

  /** How many are open. */
  get size(): number {
    return this.files.size;
  }

  /** File `number` if it is open, for a caller that cannot wait. It stays open at least until another file is requested. */
  ready(number: number): CheckedFile | undefined {
    const found = this.files.get(number);
    if (found?.file) this.touch(number, found);
    return found?.file;
  }

  /** Opens file `number` if necessary. It stays open at least until `work` ends. */
  async use<T>(number: number, work: (file: CheckedFile) => T | Promise<T>): Promise<T> {
    const found = this.files.get(number) ?? { opening: CheckedFile.open(this.paths[number]), users: 0 };
    this.touch(number, found);
    found.users++;
    try {
      found.file ??= await found.opening;
      this.evict();
      return await work(found.file);
    } catch (error) {
      // opening is tried again next time
      if (!found.file && this.files.get(number) === found) this.files.delete(number);
      throw error;
    } finally {
      found.users--;
      this.evict();
    }
  }

  /** Closes all. Nothing may be in use. */
  async close(): Promise<void> {
    const all = [...this.files.values()];
    this.files.clear();
    for (const { opening } of all)
      await opening.then(
        (file) => file.close(),
        () => undefined,
      );
  }

  private touch(number: number, file: OpenFile): void {
    this.files.delete(number);
    this.files.set(number, file);
  }

  private evict(): void {
    if (this.files.size <= this.most) return;
    for (const [number, { file, users }] of this.files) {
      if (this.files.size <= this.most) return;
      if (!file || users > 0) continue;
      this.files.delete(number);
      file.close().catch(() => undefined); // it was only read from
    }
  }
}
