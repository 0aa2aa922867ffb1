/**
 * `index.bin`: position and description of each image of a dataset. Little-endian.
 *
 *   header   32 bytes: "FWINDEX\0", version u32, bytes a record u32, records u32, sources u32, kinds u32, bytes of strings u32
 *   records  72 bytes each: shard u32, offset u32, size u32, CRC-32 of the image u32, label u32, source u32, kind u32,
 *            reserved u32 (0), five points as x, y f32 in template order (NaN where they are not known)
 *   strings  the byte length of each as u32, then all of them as UTF-8: sources (`Photo.id`) first, then kinds
 *   end      CRC-32 of everything before it u32
 *
 * An offset is that of the image's own bytes in its shard, so that one positioned read gets it.
 */
import { FacewrightError, landmarkPoints, landmarksFrom, type Landmarks } from '@facewright/core';
import { crc32 } from 'node:zlib';

export interface IndexRecord {
  readonly shard: number;
  /** Bytes from the start of the shard. */
  readonly offset: number;
  readonly size: number;
  /** CRC-32 of the encoded image. */
  readonly crc: number;
  readonly label: number;
  readonly source: string;
  readonly kind: string;
  /** Kept as float32: within 1e-4 px up to 1,000 px. */
  readonly landmarks?: Landmarks;
}

/** What a record may point at. */
export interface IndexLimits {
  readonly identities: number;
  /** Bytes of each shard. */
  readonly shards: readonly number[];
}

const MAGIC = Buffer.from('FWINDEX\0', 'latin1');
const VERSION = 1;
const HEADER = 32;
const RECORD = 72;
const CHECKSUM = 4;

/** Records as they come, held as the file will hold them: some ninety bytes an image, where objects take several hundred. */
export class IndexBuilder {
  private readonly bodies: Buffer[] = [];
  private readonly sources = new Texts();
  private readonly kinds = new Map<string, number>();
  private readonly kindTexts = new Texts();
  private source: string | undefined;
  private records = 0;

  get length(): number {
    return this.records;
  }

  add({ shard, offset, size, crc, label, source, kind, landmarks }: IndexRecord): void {
    // images of one photo come one after another; where one comes again later, its name stands twice
    if (source !== this.source) this.sources.add(source);
    this.source = source;
    if (!this.kinds.has(kind)) {
      this.kinds.set(kind, this.kinds.size);
      this.kindTexts.add(kind);
    }
    const place = this.records++ % CHUNK_RECORDS;
    if (place === 0) this.bodies.push(Buffer.alloc(CHUNK_RECORDS * RECORD));
    const body = this.bodies[this.bodies.length - 1];
    let at = place * RECORD;
    for (const value of [shard, offset, size, crc, label, this.sources.count - 1, this.kinds.get(kind)!, 0])
      at = body.writeUInt32LE(value, at);
    const points = landmarks ? landmarkPoints(landmarks).flat() : new Array<number>(10).fill(NaN);
    for (const value of points) at = body.writeFloatLE(value, at);
  }

  /** The file. */
  encode(): Buffer {
    const bodies = this.bodies.map((body, index) =>
      body.subarray(0, Math.min(CHUNK_RECORDS, this.records - index * CHUNK_RECORDS) * RECORD),
    );
    const strings = [
      ...this.sources.lengths(),
      ...this.kindTexts.lengths(),
      ...this.sources.bytes(),
      ...this.kindTexts.bytes(),
    ];
    const header = Buffer.alloc(HEADER);
    MAGIC.copy(header);
    [
      VERSION,
      RECORD,
      this.records,
      this.sources.count,
      this.kinds.size,
      strings.reduce((sum, { length }) => sum + length, 0),
    ].forEach((value, index) => header.writeUInt32LE(value, MAGIC.length + index * 4));
    const whole = Buffer.concat([header, ...bodies, ...strings, Buffer.alloc(CHECKSUM)]);
    whole.writeUInt32LE(crc32(whole.subarray(0, whole.length - CHECKSUM)), whole.length - CHECKSUM);
    return whole;
  }
}

const CHUNK_RECORDS = 4096;
const CHUNK_BYTES = 1 << 18;

/** Texts as UTF-8 in a few large pieces, each with its length before all of them. */
class Texts {
  count = 0;
  private readonly lengthParts: Buffer[] = [];
  private readonly parts: Buffer[] = [];
  private used = 0;

  add(text: string): void {
    const bytes = Buffer.byteLength(text, 'utf8');
    if (this.parts.length === 0 || this.used + bytes > CHUNK_BYTES) {
      this.endPart();
      this.parts.push(Buffer.alloc(Math.max(CHUNK_BYTES, bytes)));
      this.used = 0;
    }
    this.used += this.parts[this.parts.length - 1].write(text, this.used, 'utf8');
    const place = this.count++ % CHUNK_RECORDS;
    if (place === 0) this.lengthParts.push(Buffer.alloc(CHUNK_RECORDS * 4));
    this.lengthParts[this.lengthParts.length - 1].writeUInt32LE(bytes, place * 4);
  }

  lengths(): Buffer[] {
    return this.lengthParts.map((part, index) =>
      part.subarray(0, Math.min(CHUNK_RECORDS, this.count - index * CHUNK_RECORDS) * 4),
    );
  }
  bytes(): Buffer[] {
    return [...this.parts.slice(0, -1), ...this.parts.slice(-1).map((part) => part.subarray(0, this.used))];
  }

  private endPart(): void {
    const last = this.parts.pop();
    if (last) this.parts.push(last.subarray(0, this.used));
  }
}

/** Throws a `FacewrightError` for anything but a whole index whose records all point at something. `where` is its path. */
export function parseIndex(bytes: Buffer, limits: IndexLimits, where: string): IndexRecord[] {
  const damaged = (what: string): FacewrightError =>
    new FacewrightError({
      what: `The dataset's index is damaged: ${what}.`,
      where,
      todo: 'Prepare the dataset again, or copy it again if this is a copy.',
    });
  if (bytes.length < HEADER + CHECKSUM) throw damaged(`it has only ${bytes.length} bytes`);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('it does not start like an index');
  const [version, recordSize, count, sourceCount, kindCount, stringBytes] = [0, 1, 2, 3, 4, 5].map((index) =>
    bytes.readUInt32LE(MAGIC.length + index * 4),
  );
  if (version !== VERSION)
    throw new FacewrightError({
      what: `The dataset's index has format version ${version}; this facewright reads version ${VERSION}.`,
      where,
      todo: 'Prepare the dataset again with this version, or use the version that wrote it.',
    });
  const end = HEADER + count * RECORD + stringBytes;
  if (recordSize !== RECORD || bytes.length !== end + CHECKSUM)
    throw damaged(`it has ${bytes.length} bytes, but its header says ${end + CHECKSUM}`);
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) throw damaged('its checksum does not match');

  const texts = readStrings(bytes.subarray(HEADER + count * RECORD, end), sourceCount + kindCount);
  if (!texts) throw damaged('its table of names is incomplete');
  return Array.from({ length: count }, (_, index) => {
    const start = HEADER + index * RECORD;
    const [shard, offset, size, crc, label, source, kind] = [0, 1, 2, 3, 4, 5, 6].map((field) =>
      bytes.readUInt32LE(start + field * 4),
    );
    if (!(shard < limits.shards.length && offset + size <= limits.shards[shard]))
      throw damaged(`record ${index} lies outside its shard`);
    if (label >= limits.identities || source >= sourceCount || kind >= kindCount)
      throw damaged(`record ${index} refers to something that does not exist`);
    const landmarks = readLandmarks(bytes, start + 32);
    return {
      shard,
      offset,
      size,
      crc,
      label,
      source: texts[source],
      kind: texts[sourceCount + kind],
      ...(landmarks && { landmarks }),
    };
  });
}

function readStrings(bytes: Buffer, count: number): string[] | undefined {
  if (count * 4 > bytes.length) return undefined;
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts: string[] = [];
  let at = count * 4;
  for (let i = 0; i < count; i++) {
    const end = at + bytes.readUInt32LE(i * 4);
    if (end > bytes.length) return undefined;
    try {
      texts.push(decoder.decode(bytes.subarray(at, end)));
    } catch {
      return undefined;
    }
    at = end;
  }
  return at === bytes.length ? texts : undefined;
}

function readLandmarks(bytes: Buffer, at: number): Landmarks | undefined {
  const values = Array.from({ length: 10 }, (_, index) => bytes.readFloatLE(at + index * 4));
  if (values.some(Number.isNaN)) return undefined;
  return landmarksFrom([0, 2, 4, 6, 8].map((i) => [values[i], values[i + 1]] as const));
}
