/**
 * Opens untrusted files. Only regular files are opened, so a pipe or a device can neither hang nor feed data forever,
 * and a size claimed inside a file is compared with the file's actual size and with a limit before it is used. Reading
 * can be interrupted.
 */
import { createHash } from 'node:crypto';
import { constants, readSync, type PathLike } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { brand, FacewrightError, throwIfAborted } from '@facewright/core';

/** Read at once; interruption is checked between such chunks. */
const PIECE = 8 << 20;
/** Default limit for reading a whole file. */
const MAX_BYTES = 256 << 20;
/** Limit for a line of any list; real lines are far shorter. */
const MAX_LINE = 1 << 20;

export interface ReadLimits {
  /** Larger files are rejected. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** The file is larger than the limit it was opened with. */
export class TooManyBytes extends FacewrightError {
  static {
    brand(this, 'TooManyBytes');
  }

  constructor(
    readonly size: number,
    readonly maxBytes: number,
    where: string,
  ) {
    super({
      what: `The file has ${size} bytes, more than the limit of ${maxBytes} bytes.`,
      where,
      todo: 'Check that this is the right file.',
    });
    this.name = 'TooManyBytes';
  }
}

/** A regular file open for reading. System errors on opening are thrown unchanged. */
export class CheckedFile {
  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    /** Size in bytes when it was opened. */
    readonly size: number,
  ) {}

  static async open(path: PathLike): Promise<CheckedFile> {
    // avoids waiting for a writer if it is a pipe
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENXIO') throw notRegular(String(path), 'a socket');
      throw error;
    });
    try {
      const found = await handle.stat();
      // reading a folder fails with its own error
      if (!found.isFile() && !found.isDirectory())
        throw notRegular(String(path), found.isFIFO() ? 'a pipe' : 'a device');
      if (found.isDirectory())
        throw Object.assign(new Error(`EISDIR: illegal operation on a directory, read`), { code: 'EISDIR' });
      return new CheckedFile(String(path), handle, found.size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Exactly these bytes. Throws a `FacewrightError` if they extend beyond the end of the file. */
  async read(offset: number, length: number, signal?: AbortSignal): Promise<Buffer> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) throw this.short(offset, length);
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length;) {
      throwIfAborted(signal, this.path);
      const { bytesRead } = await this.handle.read(bytes, done, Math.min(PIECE, length - done), offset + done);
      if (bytesRead === 0) throw this.short(offset, length); // truncated in the meantime
      done += bytesRead;
    }
    return bytes;
  }

  /** The same, but synchronous: for a few bytes that a caller cannot wait for. They are at the start of `into` if they fit there. */
  readSync(offset: number, length: number, into?: Buffer): Buffer {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) throw this.short(offset, length);
    const bytes = into && length <= into.length ? into.subarray(0, length) : Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
      const found = readSync(this.handle.fd, bytes, done, length - done, offset + done);
      if (found === 0) throw this.short(offset, length);
      done += found;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private short(offset: number, length: number): FacewrightError {
    return new FacewrightError({
      what: `The file ends too early: ${length} bytes were expected at byte ${offset}, but the file has only ${this.size}.`,
      where: this.path,
      todo: 'Download or create the file again.',
    });
  }
}

const notRegular = (where: string, what: string): FacewrightError =>
  new FacewrightError({
    what: `This is ${what}, not a file.`,
    where,
    todo: 'Only regular files can be read. Write its content to a file first.',
  });

/** Opens, uses and closes a file. */
export async function withFile<T>(path: PathLike, use: (file: CheckedFile) => Promise<T>): Promise<T> {
  const file = await CheckedFile.open(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** A whole regular file of at most `maxBytes`, by default 256 MiB. */
export const readChecked = (path: PathLike, { maxBytes = MAX_BYTES, signal }: ReadLimits = {}): Promise<Buffer> =>
  withFile(path, (file) => {
    if (file.size > maxBytes) throw new TooManyBytes(file.size, maxBytes, file.path);
    return file.read(0, file.size, signal);
  });

/** The same, as UTF-8 text. */
export const readCheckedText = async (path: PathLike, limits: ReadLimits = {}): Promise<string> =>
  (await readChecked(path, { maxBytes: 64 << 20, ...limits })).toString('utf8');

/** The file in chunks, so that it need not fit in memory. */
export async function* piecesOf(path: PathLike, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const file = await CheckedFile.open(path);
  try {
    for (let at = 0; at < file.size; at += PIECE) yield await file.read(at, Math.min(PIECE, file.size - at), signal);
  } finally {
    await file.close();
  }
}

/** The file's SHA-256 in hexadecimal. */
export async function sha256OfFile(path: PathLike, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOf(path, signal)) hash.update(piece);
  return hash.digest('hex');
}

export interface LineBlock {
  readonly lines: readonly string[];
  /** Line number of the first of them, from 1. */
  readonly first: number;
}

/**
 * The lines of a text file (UTF-8, with \n or \r\n, byte order mark skipped), in blocks of about a megabyte, so that
 * memory use does not depend on the length of the list. Throws a `FacewrightError` for a line above `maxLine` bytes,
 * because the file is then not a list.
 */
export async function* lineBlocks(
  path: PathLike,
  { maxLine = MAX_LINE, signal }: { readonly maxLine?: number; readonly signal?: AbortSignal } = {},
): AsyncGenerator<LineBlock> {
  const file = await CheckedFile.open(path);
  const decoder = new TextDecoder();
  let first = 1;
  let rest = '';
  const block = (text: string, last: boolean): LineBlock => {
    const lines = text.split('\n');
    rest = last ? '' : lines.pop()!;
    if (last && lines.at(-1) === '') lines.pop();
    for (const [index, line] of [...lines, rest].entries())
      if (line.length > maxLine) throw tooLong(file.path, first + index, maxLine);
    const found = { lines: lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)), first };
    first += lines.length;
    return found;
  };
  try {
    for (let at = 0; at < file.size;) {
      const length = Math.min(1 << 20, file.size - at);
      const text = decoder.decode(await file.read(at, length, signal), { stream: true });
      at += length;
      const found = block(rest + text, false);
      if (found.lines.length > 0) yield found;
    }
    const found = block(rest + decoder.decode(), true);
    if (found.lines.length > 0) yield found;
  } finally {
    await file.close();
  }
}

export interface LineSpan {
  readonly text: string;
  /** Bytes from the start of the file. */
  readonly start: number;
  /** From 1. */
  readonly number: number;
}

/** The same lines with their places in the file, so that one can be read again by itself. */
export async function* lineSpans(
  path: PathLike,
  { maxLine = MAX_LINE, signal }: { readonly maxLine?: number; readonly signal?: AbortSignal } = {},
): AsyncGenerator<LineSpan[]> {
  let rest: Buffer = Buffer.alloc(0);
  let [at, number] = [0, 1];
  const cut = (bytes: Buffer, last: boolean): LineSpan[] => {
    const lines: LineSpan[] = [];
    let start = at === 0 && bytes.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0;
    for (let end = bytes.indexOf(NEWLINE, start); ; end = bytes.indexOf(NEWLINE, start)) {
      if (end < 0 && (!last || start === bytes.length)) break;
      const stop = end < 0 ? bytes.length : end;
      if (stop - start > maxLine) throw tooLong(String(path), number, maxLine);
      lines.push({ text: lineText(bytes, start, stop), start: at + start, number: number++ });
      start = end < 0 ? bytes.length : end + 1;
    }
    rest = bytes.subarray(start);
    at += start;
    if (rest.length > maxLine) throw tooLong(String(path), number, maxLine);
    return lines;
  };
  for await (const piece of piecesOf(path, signal)) yield cut(Buffer.concat([rest, piece]), false);
  yield cut(rest, true);
}

const NEWLINE = 0x0a;

/** The byte order mark. */
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Without a carriage return at the end. */
function lineText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

const tooLong = (path: string, line: number, maxLine: number): FacewrightError =>
  new FacewrightError({
    what: `A line has more than ${maxLine} characters, so this is not a list.`,
    where: `${path}, line ${line}`,
    todo: 'Check that this is the right file and that it is not compressed.',
  });
