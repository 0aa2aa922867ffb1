/** Reads an index as columns, chunk by chunk, so an index of several gigabytes takes only the memory of its numbers. */
import { FacewrightError, landmarksFrom, requireSample, type Landmarks, type SampleColumns } from '@facewright/core';
import { crc32 } from 'node:zlib';
import {
  CHECKSUM_BYTES,
  HEADER_BYTES,
  INDEX_VERSION,
  MAGIC,
  POINTS_AT,
  RECORD_BYTES,
  type ImagePlace,
} from './index-format.js';
import { readNames, type ByteSource, type NameTable } from './name-table.js';

/** What a record may point at. */
export interface IndexLimits {
  readonly identities: readonly string[];
  /** Bytes of each shard. */
  readonly shards: readonly number[];
}

/** Names and landmarks are read from the file on request, so it must stay open. */
export interface DatasetIndex extends SampleColumns {
  /** Where an image's bytes are. Throws a `RangeError` if there is no such image. */
  placeOf(index: number): ImagePlace;
  /** The shard of an image. */
  fileOf(index: number): number;
}

export interface IndexHeader {
  readonly records: number;
  readonly sources: number;
  readonly kinds: number;
  /** Start and end of the strings, in bytes from the start of the file. */
  readonly strings: number;
  readonly end: number;
}

/** The numbers of all records, one column per field. */
interface Fields {
  readonly shards: Uint32Array;
  readonly offsets: Uint32Array;
  readonly sizes: Uint32Array;
  readonly checksums: Uint32Array;
  readonly labels: Uint32Array;
  readonly sources: Uint32Array;
  readonly kinds: Uint16Array;
}

const MOST_KINDS = 2 ** 16;
export const RECORDS_AT_ONCE = 1 << 15;

export const indexDamaged =
  (where: string) =>
  (what: string): FacewrightError =>
    new FacewrightError({
      what: `The dataset's index is damaged: ${what}.`,
      where,
      todo: 'Prepare the dataset again, or copy it again if this is a copy.',
    });

/** Throws a `FacewrightError` for anything but a complete index whose references are all valid. `where` is its path. */
export async function readIndex(file: ByteSource, limits: IndexLimits, where: string): Promise<DatasetIndex> {
  const damaged = indexDamaged(where);
  const header = await readHeader(file, damaged, where);
  try {
    const checksum = new Checksum(await file.read(0, HEADER_BYTES));
    const fields = await readRecords(file, header, limits, checksum, damaged);
    const names = await readNames(file, header, checksum, damaged);
    await checksum.requireEnd(file, header.end, damaged);
    return columnsOf(file, header, limits.identities, fields, names);
  } catch (error) {
    // a damaged file may look wrong in many ways; the checksum gives the real reason
    const whole = new Checksum();
    for (let at = 0; at < header.end; at += PIECE) whole.add(await file.read(at, Math.min(PIECE, header.end - at)));
    await whole.requireEnd(file, header.end, damaged);
    throw error;
  }
}

const PIECE = 8 << 20;

export async function readHeader(
  file: ByteSource,
  damaged: (what: string) => FacewrightError,
  where: string,
): Promise<IndexHeader> {
  if (file.size < HEADER_BYTES + CHECKSUM_BYTES) throw damaged(`it has only ${file.size} bytes`);
  const bytes = await file.read(0, HEADER_BYTES);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('it does not start like an index');
  const [version, recordBytes, records, sources, kinds, stringBytes] = [0, 1, 2, 3, 4, 5].map((index) =>
    bytes.readUInt32LE(MAGIC.length + index * 4),
  );
  if (version !== INDEX_VERSION)
    throw new FacewrightError({
      what: `The dataset's index has format version ${version}; this facewright reads version ${INDEX_VERSION}.`,
      where,
      todo: 'Prepare the dataset again with this version, or use the version that wrote it.',
    });
  const strings = HEADER_BYTES + records * RECORD_BYTES;
  const end = strings + stringBytes;
  if (recordBytes !== RECORD_BYTES || file.size !== end + CHECKSUM_BYTES)
    throw damaged(`it has ${file.size} bytes, but its header says ${end + CHECKSUM_BYTES}`);
  if ((sources + kinds) * 4 > stringBytes) throw damaged('its table of names is incomplete');
  if (kinds > MOST_KINDS) throw damaged(`it has ${kinds} kinds of images, more than ${MOST_KINDS}`);
  return { records, sources, kinds, strings, end };
}

async function readRecords(
  file: ByteSource,
  header: IndexHeader,
  { identities, shards }: IndexLimits,
  checksum: Checksum,
  damaged: (what: string) => FacewrightError,
): Promise<Fields> {
  const column = (): Uint32Array => new Uint32Array(header.records);
  const fields: Fields = {
    shards: column(),
    offsets: column(),
    sizes: column(),
    checksums: column(),
    labels: column(),
    sources: column(),
    kinds: new Uint16Array(header.records),
  };
  for (let first = 0; first < header.records; first += RECORDS_AT_ONCE) {
    const count = Math.min(RECORDS_AT_ONCE, header.records - first);
    const bytes = await file.read(HEADER_BYTES + first * RECORD_BYTES, count * RECORD_BYTES);
    checksum.add(bytes);
    const words = wordsOf(bytes);
    for (let i = 0, at = 0; i < count; i++, at += RECORD_BYTES / 4) {
      const index = first + i;
      const [shard, offset, size] = [words[at], words[at + 1], words[at + 2]];
      const [label, source, kind] = [words[at + 4], words[at + 5], words[at + 6]];
      if (!(shard < shards.length && offset + size <= shards[shard]))
        throw damaged(`record ${index} lies outside its shard`);
      if (label >= identities.length || source >= header.sources || kind >= header.kinds)
        throw damaged(`record ${index} refers to something that does not exist`);
      fields.shards[index] = shard;
      fields.offsets[index] = offset;
      fields.sizes[index] = size;
      fields.checksums[index] = words[at + 3];
      fields.labels[index] = label;
      fields.sources[index] = source;
      fields.kinds[index] = kind;
    }
  }
  return fields;
}

/** As numbers of 32 bits: little-endian, as every machine that Node runs on. */
function wordsOf(bytes: Buffer): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

function columnsOf(
  file: ByteSource,
  { records, sources, kinds }: IndexHeader,
  identities: readonly string[],
  { shards, offsets, sizes, checksums, labels, sources: photos, kinds: kindNumbers }: Fields,
  names: NameTable,
): DatasetIndex {
  const kindNames = Array.from({ length: kinds }, (_, kind) => names.at(sources + kind));
  const { firstOf } = names;
  // a photo that occurs in several places has a name in each, but is one photo
  if (firstOf) for (let index = 0; index < records; index++) photos[index] = firstOf[photos[index]];
  return {
    identities,
    length: records,
    labels,
    photos,
    photoCount: sources,
    kinds: kindNumbers,
    kindNames,
    sourceOf: (index) => names.at(photos[requireSample(index, records)]),
    kindOf: (index) => kindNames[kindNumbers[requireSample(index, records)]],
    landmarksOf: (index) => {
      const at = HEADER_BYTES + requireSample(index, records) * RECORD_BYTES + POINTS_AT;
      return readLandmarks(file.readSync(at, RECORD_BYTES - POINTS_AT));
    },
    fileOf: (index) => shards[requireSample(index, records)],
    placeOf: (index) => {
      requireSample(index, records);
      return { shard: shards[index], offset: offsets[index], size: sizes[index], crc: checksums[index] };
    },
  };
}

export function readLandmarks(bytes: Buffer): Landmarks | undefined {
  const values = Array.from({ length: 10 }, (_, index) => bytes.readFloatLE(index * 4));
  if (values.some(Number.isNaN)) return undefined;
  return landmarksFrom([0, 2, 4, 6, 8].map((i) => [values[i], values[i + 1]] as const));
}

/** CRC-32 of everything read, from start to end. */
class Checksum {
  private value: number;

  constructor(start?: Buffer) {
    this.value = start ? crc32(start) : 0;
  }

  add(bytes: Buffer): void {
    this.value = crc32(bytes, this.value);
  }

  /** Throws if it differs from the file's own. */
  async requireEnd(file: ByteSource, end: number, damaged: (what: string) => FacewrightError): Promise<void> {
    if (this.value !== (await file.read(end, CHECKSUM_BYTES)).readUInt32LE())
      throw damaged('its checksum does not match');
  }
}
