/**
 * Lists the files of a tar archive with their offsets, so that one can be read without unpacking the rest. It only reads headers:
 * POSIX.1-1988 (ustar) and -2001 (pax) and GNU's, as in https://www.gnu.org/software/tar/manual/html_node/Standard.html.
 */
import { FacewrightError, PHOTO_LIMITS, throwIfAborted, type ByteLimits } from '@facewright/core';
import { cannotRead, CheckedFile, TooManyBytes, withFile } from '@facewright/platform/node';
import { cannotOpen } from './photo-files.js';

export interface TarFile {
  readonly name: string;
  /** Offset of the file's contents in the tar file. */
  readonly offset: number;
  readonly size: number;
  /** Contents of the small files that were requested. */
  readonly content?: Buffer;
  /** Where its first header is, and where the next file's is. */
  readonly start: number;
  readonly end: number;
  /** What an earlier header says of all files after it; nearly always nothing. */
  readonly global: Extension;
}

/** A part of a tar file, from the first header of a file to the end of another. */
export interface TarPart {
  readonly start: number;
  readonly end: number;
  readonly global: Extension;
}

const BLOCK = 512;
/** Limit for long names and pax attributes; a path has at most 4,096 bytes. */
const MAX_EXTENSION = 1 << 20;
/** Read at once for headers, because those of small files are close together. */
const WINDOW = 1 << 18;
/** After this many zero blocks no other archive follows. */
const MAX_ZEROS = 2048;

/** Regular files in order, with the contents of those that `wanted` selects. */
export async function* tarFiles(
  path: string,
  wanted: (name: string, size: number) => boolean,
  signal?: AbortSignal,
): AsyncGenerator<TarFile> {
  const file = await CheckedFile.open(path).catch((error: unknown) => {
    throw cannotOpen(error, 'tar file', path);
  });
  try {
    yield* entries(new Windowed(file, signal), wanted, { start: 0, end: file.size, global: {} }, signal);
  } finally {
    await file.close();
  }
}

/** The same files again, of a part of an open tar file. */
export const filesOfPart = (
  file: CheckedFile,
  part: TarPart,
  wanted: (name: string, size: number) => boolean,
  signal?: AbortSignal,
): AsyncGenerator<TarFile> =>
  entries(new Windowed(file, signal, Math.min(WINDOW, part.end - part.start)), wanted, part, signal);

async function* entries(
  tar: Windowed,
  wanted: (name: string, size: number) => boolean,
  { start, end, global: before }: TarPart,
  signal: AbortSignal | undefined,
): AsyncGenerator<TarFile> {
  let extension: Extension = {};
  let global = before;
  let first = start;
  for (let at = start, zeros = 0; at < end && zeros < MAX_ZEROS;) {
    throwIfAborted(signal, tar.path);
    if (at + BLOCK > tar.size) throw damaged(tar.path, `it ends in the middle of the header at byte ${at}`);
    const header = parseHeader(await tar.read(at, BLOCK));
    if (header === 'none' && zeros >= 2) return; // anything after the end is ignored
    if (header === 'none') throw damaged(tar.path, `there is no header at byte ${at}`);
    at += BLOCK;
    zeros = header ? 0 : zeros + 1;
    if (!header) first = at;
    if (!header) continue;
    const special = 'xgLK'.includes(header.type);
    const size = (special ? undefined : (extension.size ?? global.size)) ?? header.size;
    if (!Number.isSafeInteger(size) || size < 0 || at + size > tar.size)
      throw damaged(tar.path, `the file "${header.name}" extends beyond the end of the archive`);
    if (special) {
      if (size > MAX_EXTENSION) throw damaged(tar.path, `a name or attribute has ${size} bytes`);
      const content = await tar.read(at, size);
      if (header.type === 'x') extension = { ...extension, ...parsePax(content) };
      else if (header.type === 'g') global = { ...global, ...parsePax(content) };
      else if (header.type === 'L') extension = { ...extension, name: textOf(content) };
    } else {
      const name = extension.name ?? global.name ?? header.name;
      extension = {};
      const content = isRegular(header.type) && !name.endsWith('/') && wanted(name, size) && (await tar.read(at, size));
      const next = at + Math.ceil(size / BLOCK) * BLOCK;
      if (isRegular(header.type) && !name.endsWith('/'))
        yield { name, offset: at, size, ...(content && { content }), start: first, end: next, global };
      first = next;
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
    if (at > tar.size) throw damaged(tar.path, 'it ends too early');
  }
}

export interface Extension {
  readonly name?: string;
  readonly size?: number;
}

const isRegular = (type: string): boolean => type === '0' || type === '\0' || type === '7';

/** `undefined` for a zero block. Two of them end the archive; another archive may follow. */
function parseHeader(block: Buffer): { name: string; size: number; type: string } | 'none' | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  let sum = 8 * 32; // the checksum field itself counts as spaces
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i];
  if (sum !== numberOf(block.subarray(148, 156))) return 'none';
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textOf(block.subarray(345, 500)) : '';
  const name = textOf(block.subarray(0, 100));
  return {
    name: prefix ? `${prefix}/${name}` : name,
    size: numberOf(block.subarray(124, 136)),
    type: String.fromCharCode(block[156]),
  };
}

/** Octal digits, or a set first bit followed by a big-endian number (GNU). */
function numberOf(field: Buffer): number {
  if (field[0] & 0x80) return field.subarray(1).reduce((value, byte) => value * 256 + byte, field[0] & 0x7f);
  const digits = /^ *([0-7]*)/.exec(textOf(field))![1];
  return digits ? parseInt(digits, 8) : 0;
}

/** Repeated "length key=value\n"; keeps only the keys that affect where the file is. */
function parsePax(content: Buffer): Extension {
  const found: { name?: string; size?: number } = {};
  for (let at = 0; at < content.length;) {
    const blank = content.indexOf(0x20, at);
    const length = blank < 0 ? NaN : Number(content.toString('latin1', at, blank));
    if (!Number.isSafeInteger(length) || length <= blank - at || at + length > content.length) break;
    const record = content.toString('utf8', blank + 1, at + length - 1);
    if (record.startsWith('path=')) found.name = record.slice(5);
    if (record.startsWith('size=')) found.size = Number(record.slice(5));
    at += length;
  }
  return found;
}

/** Up to the first zero byte. */
function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

const damaged = (path: string, why: string): FacewrightError =>
  new FacewrightError({
    what: `The tar file is damaged: ${why}.`,
    where: path,
    todo: 'Download or create it again. If it is compressed, unpack it to a plain .tar first.',
  });

/** Reads with a read-ahead window. */
class Windowed {
  private window: Buffer = Buffer.alloc(0);
  private start = 0;
  readonly path: string;
  readonly size: number;
  constructor(
    private readonly file: CheckedFile,
    private readonly signal: AbortSignal | undefined,
    private readonly ahead = WINDOW,
  ) {
    this.path = file.path;
    this.size = file.size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (offset < this.start || offset + length > this.start + this.window.length) {
      this.window = await this.file.read(
        offset,
        Math.min(Math.max(length, this.ahead), this.size - offset),
        this.signal,
      );
      this.start = offset;
    }
    return this.window.subarray(offset - this.start, offset - this.start + length);
  }
}

/** Bytes from a larger file. Rejects with an `ImageError`. */
export async function readSlice(
  path: string,
  offset: number,
  size: number,
  { maxBytes = PHOTO_LIMITS.maxBytes, signal }: ByteLimits = {},
): Promise<Uint8Array> {
  const where = `${path}, byte ${offset}`;
  try {
    if (size > maxBytes) throw new TooManyBytes(size, maxBytes, where);
    return await withFile(path, (file) => file.read(offset, size, signal));
  } catch (error) {
    throw cannotRead(error, where);
  }
}
