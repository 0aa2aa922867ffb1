/**
 * MXNet's RecordIO framing (dmlc-core, recordio.h). Each part of a record: magic u32, u32 with a flag in the upper 3
 * bits and the length in the lower 29, then the bytes, padded to a multiple of 4; little-endian. If the payload
 * contains the magic at a multiple of 4, it is split there and the magic omitted: flag 0 is a whole record, 1 a first
 * part, 2 a middle part, 3 the last.
 */
import { FacewrightError } from '@facewright/core';
import { CheckedFile, TooManyBytes } from '@facewright/platform/node';
import { cannotOpen } from '../readers/photo-files.js';

const MAGIC = 0xced7230a;
const LENGTH_BITS = 29;
const MAX_LENGTH = 2 ** LENGTH_BITS;
const PART_HEADER = 8;
const WHOLE = 0,
  FIRST = 1,
  MIDDLE = 2,
  LAST = 3;

const magicBytes = Buffer.alloc(4);
magicBytes.writeUInt32LE(MAGIC);
const aligned = (length: number): number => Math.ceil(length / 4) * 4;

/** The record for a payload of less than 512 MiB. */
export function encodeRecord(payload: Uint8Array): Buffer {
  if (payload.length >= MAX_LENGTH)
    throw new RangeError(`a record must have less than ${MAX_LENGTH} bytes, got ${payload.length}`);
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const cuts: number[] = [];
  for (let at = bytes.indexOf(magicBytes); at >= 0; at = bytes.indexOf(magicBytes, at + (at % 4 === 0 ? 4 : 1)))
    if (at % 4 === 0) cuts.push(at);
  const chunks: Buffer[] = [];
  [...cuts, bytes.length].forEach((end, index) => {
    const start = index === 0 ? 0 : cuts[index - 1] + 4;
    const header = Buffer.alloc(PART_HEADER);
    header.writeUInt32LE(MAGIC);
    header.writeUInt32LE(flagOf(index, cuts.length) * MAX_LENGTH + (end - start), 4);
    chunks.push(header, bytes.subarray(start, end));
  });
  chunks.push(Buffer.alloc(aligned(bytes.length) - bytes.length));
  return Buffer.concat(chunks);
}

/** The flag for a part of a payload that is split in `cuts` places. */
function flagOf(part: number, cuts: number): number {
  if (cuts === 0) return WHOLE;
  if (part === 0) return FIRST;
  return part === cuts ? LAST : MIDDLE;
}

export interface ReadRecord {
  /** Offsets of this record and of the next one. */
  readonly offset: number;
  readonly end: number;
  /** Length of the whole payload in bytes. */
  readonly length: number;
  /** The payload, or its start if only part of it was requested. */
  readonly payload: Buffer;
}

/** Bytes per read: a scan of only headers goes through the file in steps of this size. */
const WINDOW = 1 << 20;

/** A file of records. Any damage is a `FacewrightError` that names the byte. */
export class RecordFile {
  private window: Buffer = Buffer.alloc(0);
  private windowStart = 0;

  private constructor(
    readonly path: string,
    private readonly file: CheckedFile,
    readonly size: number,
  ) {}

  static async open(path: string): Promise<RecordFile> {
    try {
      const file = await CheckedFile.open(path);
      return new RecordFile(path, file, file.size);
    } catch (error) {
      throw cannotOpen(error, 'record file', path);
    }
  }

  /**
   * The record at `offset`, with at least the first `wanted` bytes of its payload. Rejects if the payload has more than
   * `maxBytes`.
   */
  async read(offset: number, wanted = Infinity, maxBytes = Infinity): Promise<ReadRecord> {
    const parts: Buffer[] = [];
    let kept = 0;
    let length = 0;
    for (let at = offset, first = true; ; first = false) {
      const header = await this.at(at, PART_HEADER);
      if (header.readUInt32LE() !== MAGIC) throw this.damaged(at, 'no record starts here');
      const word = header.readUInt32LE(4);
      const flag = Math.floor(word / MAX_LENGTH);
      const size = word % MAX_LENGTH;
      if (first ? flag !== WHOLE && flag !== FIRST : flag !== MIDDLE && flag !== LAST)
        throw this.damaged(at, `a part of kind ${flag} is in the wrong place`);
      const start = at + PART_HEADER;
      if (start + aligned(size) > this.size) throw this.damaged(at, `the record extends beyond the end of the file`);
      const keep = (bytes: Buffer): void => {
        parts.push(bytes);
        kept += bytes.length;
      };
      if (!first) {
        length += 4;
        if (kept < wanted) keep(magicBytes);
      }
      length += size;
      if (length > maxBytes) throw new TooManyBytes(length, maxBytes, `${this.path}, byte ${offset}`);
      // copied, because the window moves on
      if (kept < wanted && size > 0) keep(Buffer.from(await this.at(start, Math.min(size, wanted - kept))));
      at = start + aligned(size);
      if (flag === WHOLE || flag === LAST)
        return { offset, end: at, length, payload: parts.length === 1 ? parts[0] : Buffer.concat(parts) };
    }
  }

  /** All records in file order. */
  async *records(wanted = Infinity): AsyncGenerator<ReadRecord> {
    for (let at = 0; at < this.size;) {
      const record = await this.read(at, wanted);
      yield record;
      at = record.end;
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async at(offset: number, length: number): Promise<Buffer> {
    if (offset + length > this.size) throw this.damaged(offset, 'the file ends too early');
    if (offset < this.windowStart || offset + length > this.windowStart + this.window.length) {
      this.window = await this.file.read(offset, Math.min(Math.max(length, WINDOW), this.size - offset));
      this.windowStart = offset;
    }
    return this.window.subarray(offset - this.windowStart, offset - this.windowStart + length);
  }

  private damaged(at: number, why: string): FacewrightError {
    return new FacewrightError({
      what: `The record file is damaged at byte ${at}: ${why}.`,
      where: this.path,
      todo: 'Download or create the file again.',
    });
  }
}

/** One record of at most `maxBytes`, opening and closing the file. */
export async function readRecordAt(path: string, offset: number, maxBytes?: number): Promise<Buffer> {
  const file = await RecordFile.open(path);
  try {
    return (await file.read(offset, Infinity, maxBytes)).payload;
  } finally {
    await file.close();
  }
}
