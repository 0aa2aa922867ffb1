/**
 * `index.bin`: where each image of a dataset lies and what it is. Little-endian.
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

export function encodeIndex(records: readonly IndexRecord[]): Buffer {
  const sources = new Map<string, number>();
  const kinds = new Map<string, number>();
  const body = Buffer.alloc(records.length * RECORD);
  records.forEach((record, index) => {
    const { shard, offset, size, crc, label, source, kind, landmarks } = record;
    let at = index * RECORD;
    for (const value of [shard, offset, size, crc, label, numberOf(sources, source), numberOf(kinds, kind), 0]) at = body.writeUInt32LE(value, at);
    const points = landmarks ? landmarkPoints(landmarks).flat() : new Array<number>(10).fill(NaN);
    for (const value of points) at = body.writeFloatLE(value, at);
  });
  const texts = [...sources.keys(), ...kinds.keys()].map((text) => Buffer.from(text, 'utf8'));
  const lengths = Buffer.alloc(texts.length * 4);
  texts.forEach((text, index) => lengths.writeUInt32LE(text.length, index * 4));
  const strings = Buffer.concat([lengths, ...texts]);
  const header = Buffer.alloc(HEADER);
  MAGIC.copy(header);
  [VERSION, RECORD, records.length, sources.size, kinds.size, strings.length].forEach((value, index) => header.writeUInt32LE(value, MAGIC.length + index * 4));
  const content = Buffer.concat([header, body, strings]);
  const checksum = Buffer.alloc(CHECKSUM);
  checksum.writeUInt32LE(crc32(content));
  return Buffer.concat([content, checksum]);
}

/** Throws a `FacewrightError` for anything but a whole index whose records all point at something. `where` is its path. */
export function parseIndex(bytes: Buffer, limits: IndexLimits, where: string): IndexRecord[] {
  const damaged = (what: string): FacewrightError => new FacewrightError({ what: `The dataset's index is damaged: ${what}.`, where, todo: 'Prepare the dataset again, or fetch the file again if it was copied.' });
  if (bytes.length < HEADER + CHECKSUM) throw damaged(`it has only ${bytes.length} bytes`);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('it does not start as an index does');
  const [version, recordSize, count, sourceCount, kindCount, stringBytes] = [0, 1, 2, 3, 4, 5].map((index) => bytes.readUInt32LE(MAGIC.length + index * 4));
  if (version !== VERSION) throw new FacewrightError({ what: `The dataset's index is of version ${version}; this facewright reads version ${VERSION}.`, where, todo: 'Prepare the dataset again with this version, or use the version that wrote it.' });
  const end = HEADER + count * RECORD + stringBytes;
  if (recordSize !== RECORD || bytes.length !== end + CHECKSUM) throw damaged(`its ${bytes.length} bytes are not the ${end + CHECKSUM} that its header tells of`);
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) throw damaged('its checksum does not match');

  const texts = readStrings(bytes.subarray(HEADER + count * RECORD, end), sourceCount + kindCount);
  if (!texts) throw damaged('its table of names is not whole');
  return Array.from({ length: count }, (_, index) => {
    const start = HEADER + index * RECORD;
    const [shard, offset, size, crc, label, source, kind] = [0, 1, 2, 3, 4, 5, 6].map((field) => bytes.readUInt32LE(start + field * 4));
    if (!(shard < limits.shards.length && offset + size <= limits.shards[shard])) throw damaged(`record ${index} lies outside its shard`);
    if (label >= limits.identities || source >= sourceCount || kind >= kindCount) throw damaged(`record ${index} names something that is not there`);
    const landmarks = readLandmarks(bytes, start + 32);
    return { shard, offset, size, crc, label, source: texts[source], kind: texts[sourceCount + kind], ...(landmarks && { landmarks }) };
  });
}

function numberOf(table: Map<string, number>, text: string): number {
  const known = table.get(text);
  if (known !== undefined) return known;
  table.set(text, table.size);
  return table.size - 1;
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
