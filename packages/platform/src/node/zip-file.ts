/**
 * Reads files directly from a zip archive by name, and verifies their checksums. yauzl reads the directory. Contents
 * are read and inflated here, whole and with limits, because if the directory has wrong sizes, yauzl's streams fail
 * where nobody can catch the error.
 */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry } from 'yauzl';
import { FacewrightError, Interrupted, messageOf } from '@facewright/core';
import { Column, UniqueNames } from './columns.js';
import { TooManyBytes, withFile, type CheckedFile, type ReadLimits } from './checked-file.js';

export interface OpenZip {
  /** Number of files. */
  readonly length: number;
  /** Path of a file by number, with `/`, in the order of the archive's directory; folders have none. */
  nameAt(number: number): string;
  /** All names. */
  names(): string[];
  /** The numbers in the order of their names by UTF-16 code units. */
  sorted(numbers: Uint32Array): Uint32Array;
  has(name: string): boolean;
  /**
   * The unpacked file, of at most `maxBytes` (default 256 MiB). Rejects with a `FacewrightError` if it is missing or
   * damaged.
   */
  bytes(name: string, limits?: ReadLimits): Promise<Uint8Array>;
}

/** Provides the bytes of a zip file. */
export type ZipSource = Pick<CheckedFile, 'path' | 'size' | 'read'>;

/** A zip file in memory. */
export const bytesSource = (bytes: Uint8Array, path: string): ZipSource => ({
  path,
  size: bytes.length,
  read: async (offset, length) => {
    if (offset + length > bytes.length) throw new Error('it ends too early');
    return Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);
  },
});

const STORED = 0;
const DEFLATED = 8;
const MAX_BYTES = 256 << 20;
/**
 * Photos hardly compress. A large file that unpacks to more than this many times its size is meant to fill memory or
 * disk.
 */
const MAX_RATIO = 200;
const LARGE = 1 << 20;
const MAX_TOTAL_RATIO = 100;
const LARGE_TOTAL = 256 << 20;

/**
 * Throws a `FacewrightError` for anything but an intact zip file, and for one whose files would unpack to far more than
 * its size.
 */
export async function openZip(given: string | ZipSource): Promise<OpenZip> {
  if (typeof given !== 'string') return zipOf(given, given);
  // opened for reading the directory and then for each file, because a reader of photos has no end at which to close it
  return withFile(given, (file) =>
    zipOf(file, {
      path: file.path,
      size: file.size,
      read: (offset, length, signal) => withFile(given, (again) => again.read(offset, length, signal)),
    }),
  );
}

async function zipOf(directory: ZipSource, source: ZipSource): Promise<OpenZip> {
  try {
    const entries = await readDirectory(directory);
    refuseBomb(source, entries);
    const { names } = entries;
    return {
      length: names.length,
      nameAt: (number) => names.at(number),
      names: () => Array.from({ length: names.length }, (_, number) => names.at(number)),
      sorted: (numbers) => names.sorted(numbers),
      has: (name) => names.find(name) !== undefined,
      bytes: (name, limits) => unpacked(source, entries.find(name), name, limits),
    };
  } catch (error) {
    if (error instanceof FacewrightError) throw error;
    throw new FacewrightError({
      what: `Cannot read this zip file: ${reasonOf(error)}`,
      where: source.path,
      todo: 'Download or create the zip file again.',
      cause: error,
    });
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof FacewrightError ? error.what : `${messageOf(error).replace(/\.$/, '')}.`;

/** What is needed of a file. */
type EntryFields = Pick<
  Entry,
  'compressedSize' | 'uncompressedSize' | 'compressionMethod' | 'crc32' | 'relativeOffsetOfLocalHeader'
> & { readonly encrypted: boolean };

/** The directory as columns: an archive of faces may have millions of files. */
class Directory {
  readonly names = new UniqueNames();
  private readonly packed = new Column(new Float64Array(0));
  private readonly plain = new Column(new Float64Array(0));
  private readonly offsets = new Column(new Float64Array(0));
  private readonly checksums = new Column(new Uint32Array(0));
  private readonly methods = new Column(new Uint32Array(0));
  private readonly encrypted = new Column(new Uint8Array(0));

  /** Of two files with one name the later counts. */
  add(entry: Entry): void {
    const number = this.names.add(entry.fileName);
    const values = [
      [this.packed, entry.compressedSize],
      [this.plain, entry.uncompressedSize],
      [this.offsets, entry.relativeOffsetOfLocalHeader],
      [this.checksums, entry.crc32],
      [this.methods, entry.compressionMethod],
      [this.encrypted, Number(entry.isEncrypted())],
    ] as const;
    for (const [column, value] of values)
      if (number < column.length) column.set(number, value);
      else column.push(value);
  }

  find(name: string): EntryFields | undefined {
    const number = this.names.find(name);
    return number === undefined
      ? undefined
      : {
          compressedSize: this.packed.at(number),
          uncompressedSize: this.plain.at(number),
          relativeOffsetOfLocalHeader: this.offsets.at(number),
          crc32: this.checksums.at(number),
          compressionMethod: this.methods.at(number),
          encrypted: this.encrypted.at(number) === 1,
        };
  }

  /** Bytes of all files, packed and unpacked. */
  total(): readonly [packed: number, plain: number] {
    const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);
    return [sum(this.packed.view()), sum(this.plain.view())];
  }
}

async function readDirectory(directory: ZipSource): Promise<Directory> {
  const zip = await fromRandomAccessReaderPromise(new DirectoryReader(directory), directory.size, { autoClose: false });
  const entries = new Directory();
  zip.on('entry', (entry: Entry) => {
    if (!entry.fileName.endsWith('/')) entries.add(entry);
    zip.readEntry();
  });
  zip.readEntry();
  await once(zip, 'end'); // rejects with an error
  zip.on('error', () => undefined); // there may be a second one
  return entries;
}

/** Read-ahead for yauzl, which reads the directory a few bytes at a time. */
const WINDOW = 1 << 16;

/** Adapts reading to yauzl; one read at a time. */
class DirectoryReader extends RandomAccessReader {
  private window = { start: 0, bytes: Buffer.alloc(0) as Buffer };
  constructor(private readonly source: ZipSource) {
    super();
  }
  override read(buffer: Buffer, offset: number, length: number, position: number, done: (error: Error | null) => void) {
    this.at(position, length).then(
      (bytes) => {
        bytes.copy(buffer, offset);
        done(null);
      },
      (error: Error) => done(error),
    );
  }
  private async at(position: number, length: number): Promise<Buffer> {
    const { path, size } = this.source;
    if (!(position >= 0 && position + length <= size)) throw new Error(`${path} ends too early`);
    if (position < this.window.start || position + length > this.window.start + this.window.bytes.length) {
      const bytes = await this.source.read(position, Math.min(Math.max(length, WINDOW), size - position));
      this.window = { start: position, bytes };
    }
    return this.window.bytes.subarray(position - this.window.start, position - this.window.start + length);
  }
  override _readStreamForRange(): Readable {
    throw new Error('files are not read as streams');
  }
}

function refuseBomb({ path, size }: ZipSource, entries: Directory): void {
  const [packed, plain] = entries.total();
  const refuse = (why: string): never => {
    throw new FacewrightError({
      what: `The zip file was not unpacked: ${why}.`,
      where: path,
      todo: 'Do not use it unless you know where it comes from. If the photos are your own, pack them again.',
    });
  };
  if (packed > size) refuse(`its files would take ${packed} bytes of its ${size}, so they overlap`);
  if (plain > LARGE_TOTAL && plain > size * MAX_TOTAL_RATIO)
    refuse(`its ${size} bytes would unpack to ${plain}, more than ${MAX_TOTAL_RATIO} times as many`);
}

async function unpacked(
  source: ZipSource,
  entry: EntryFields | undefined,
  name: string,
  { maxBytes = MAX_BYTES, signal }: ReadLimits = {},
): Promise<Uint8Array> {
  const where = `${source.path}, ${name}`;
  if (!entry) throw new FacewrightError({ what: 'The zip file does not contain this file.', where });
  const { compressedSize, uncompressedSize, compressionMethod } = entry;
  if (Math.max(uncompressedSize, compressedSize) > maxBytes) throw new TooManyBytes(uncompressedSize, maxBytes, where);
  if (uncompressedSize > LARGE && uncompressedSize > compressedSize * MAX_RATIO)
    throw new FacewrightError({
      what: `The file was not unpacked: its ${compressedSize} bytes would become ${uncompressedSize}, more than ${MAX_RATIO} times as many.`,
      where,
      todo: 'Remove it from the zip file: no photo compresses this well.',
    });
  try {
    if (entry.encrypted) throw new Error('it is encrypted');
    if (compressionMethod !== STORED && compressionMethod !== DEFLATED)
      throw new Error(`it uses compression method ${compressionMethod}; only 0 and 8 are supported`);
    const packed = await source.read(await dataStart(source, entry), compressedSize, signal);
    const plain = compressionMethod === STORED ? packed : await inflate(packed, uncompressedSize);
    if (plain.length !== uncompressedSize || crc32(plain) !== entry.crc32)
      throw new Error('its size or checksum does not match');
    return plain;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    throw new FacewrightError({
      what: `The file is damaged or cannot be unpacked: ${reasonOf(error)}`,
      where,
      todo: 'Download or create the zip file again.',
      cause: error,
    });
  }
}

const LOCAL_HEADER = 30;

/** A file's local header has its own name length. */
async function dataStart(source: ZipSource, { relativeOffsetOfLocalHeader: at }: EntryFields): Promise<number> {
  const header = await source.read(at, LOCAL_HEADER);
  if (header.readUInt32LE() !== 0x04034b50) throw new Error('there is no file at the offset its directory gives');
  return at + LOCAL_HEADER + header.readUInt16LE(26) + header.readUInt16LE(28);
}

const inflateAll = promisify(inflateRaw) as (bytes: Uint8Array, options: object) => Promise<Buffer>;

/** One byte more than claimed is enough to notice that the size is wrong. */
const inflate = (bytes: Uint8Array, length: number): Promise<Buffer> =>
  inflateAll(bytes, { maxOutputLength: length + 1 });
