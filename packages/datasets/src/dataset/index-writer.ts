/**
 * Writes an index of any size with little memory: its three parts are written to separate files and joined at the end,
 * once the counts in the header are known.
 */
import { landmarkPoints } from '@facewright/core';
import { piecesOf } from '@facewright/platform/node';
import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { GrowingFile } from './growing-file.js';
import {
  CHECKSUM_BYTES,
  HEADER_BYTES,
  INDEX_VERSION,
  MAGIC,
  POINTS_AT,
  RECORD_BYTES,
  type IndexRecord,
} from './index-format.js';

const PARTS = ['records', 'lengths', 'names'] as const;
const partName = (part: (typeof PARTS)[number]): string => `index.${part}`;
/** Names of the files that make up an index before it is finished. */
export const INDEX_PARTS: readonly string[] = PARTS.map(partName);

export class IndexWriter {
  private readonly kinds = new Map<string, number>();
  private source: string | undefined;
  private records = 0;
  private sources = 0;

  private constructor(
    private readonly directory: string,
    private readonly parts: Readonly<Record<(typeof PARTS)[number], GrowingFile>>,
  ) {}

  /** `directory` is where the parts are stored in the meantime. */
  static async create(directory: string): Promise<IndexWriter> {
    const [records, lengths, names] = await Promise.all(
      PARTS.map((part) => GrowingFile.create(join(directory, partName(part)))),
    );
    return new IndexWriter(directory, { records, lengths, names });
  }

  /** Number of images. */
  get length(): number {
    return this.records;
  }

  async add({ shard, offset, size, crc, label, source, kind, landmarks }: IndexRecord): Promise<void> {
    const { records, lengths, names } = this.parts;
    // images of one photo are consecutive; if one comes again later, its name is stored twice
    if (source !== this.source) {
      this.sources++;
      await addName(source, lengths, names);
    }
    this.source = source;
    if (!this.kinds.has(kind)) this.kinds.set(kind, this.kinds.size);
    const record = await records.room(RECORD_BYTES);
    [shard, offset, size, crc, label, this.sources - 1, this.kinds.get(kind)!, 0].forEach((value, field) =>
      record.writeUInt32LE(value, field * 4),
    );
    const points = landmarks ? landmarkPoints(landmarks).flat() : new Array<number>(10).fill(NaN);
    points.forEach((value, place) => record.writeFloatLE(value, POINTS_AT + place * 4));
    this.records++;
  }

  /** Joins the parts to the index at `path`. Returns its size, and its SHA-256 in hexadecimal. */
  async finish(path: string): Promise<{ size: number; sha256: string }> {
    const { lengths, names } = this.parts;
    for (const kind of this.kinds.keys()) await addName(kind, lengths, names);
    const stringBytes = lengths.size + names.size;
    if (stringBytes >= 2 ** 32) throw new RangeError('the names of the photos take more than 4 GiB');
    await this.close();
    const header = Buffer.alloc(HEADER_BYTES);
    MAGIC.copy(header);
    [INDEX_VERSION, RECORD_BYTES, this.records, this.sources, this.kinds.size, stringBytes].forEach((value, index) =>
      header.writeUInt32LE(value, MAGIC.length + index * 4),
    );
    const found = await joinFiles(
      path,
      header,
      PARTS.map((part) => this.pathOf(part)),
    );
    for (const part of PARTS) await rm(this.pathOf(part));
    return found;
  }

  /** Writes the buffered bytes, and closes the parts. */
  async close(): Promise<void> {
    for (const part of PARTS) await this.parts[part].close();
  }

  /** Closes the parts of an index that will not be kept. */
  async abandon(): Promise<void> {
    for (const part of PARTS) await this.parts[part].abandon();
  }

  private pathOf(part: (typeof PARTS)[number]): string {
    return join(this.directory, partName(part));
  }
}

async function addName(text: string, lengths: GrowingFile, names: GrowingFile): Promise<void> {
  const bytes = Buffer.byteLength(text, 'utf8');
  (await lengths.room(4)).writeUInt32LE(bytes);
  await names.write(text);
}

/** Header and parts with a checksum, as one file that is on disk once this resolves. */
async function joinFiles(
  path: string,
  header: Buffer,
  parts: readonly string[],
): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx');
  let [size, checksum] = [0, 0];
  const write = async (bytes: Buffer): Promise<void> => {
    await file.appendFile(bytes);
    hash.update(bytes);
    size += bytes.length;
  };
  try {
    checksum = crc32(header);
    await write(header);
    for (const part of parts) {
      for await (const piece of piecesOf(part)) {
        checksum = crc32(piece, checksum);
        await write(piece);
      }
    }
    const end = Buffer.alloc(CHECKSUM_BYTES);
    end.writeUInt32LE(checksum);
    await write(end);
    await file.sync();
  } finally {
    await file.close();
  }
  return { size, sha256: hash.digest('hex') };
}
