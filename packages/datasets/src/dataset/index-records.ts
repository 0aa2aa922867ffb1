/**
 * Reads an index from start to end, photo by photo, with little memory whatever its size. `readIndex` is for random
 * access.
 */
import type { FacewrightError } from '@facewright/core';
import { HEADER_BYTES, POINTS_AT, RECORD_BYTES, type IndexRecord } from './index-format.js';
import { indexDamaged, readHeader, readLandmarks, RECORDS_AT_ONCE, type IndexHeader } from './index-reader.js';
import type { ByteSource } from './name-table.js';

/**
 * The images of each photo, in the order in which they were written. The caller has verified the file's checksum;
 * throws a `FacewrightError` for references that cannot be right all the same.
 */
export async function* indexPhotos(file: ByteSource, where: string): AsyncGenerator<IndexRecord[]> {
  const damaged = indexDamaged(where);
  const header = await readHeader(file, damaged, where);
  const lengthsAt = header.strings;
  const namesAt = lengthsAt + 4 * (header.sources + header.kinds);
  const kinds = await readKinds(file, header, damaged);
  let photo: IndexRecord[] = [];
  let current = -1; // number of the photo's name
  let nameAt = namesAt; // of the next name
  for (let first = 0; first < header.records; first += RECORDS_AT_ONCE) {
    const count = Math.min(RECORDS_AT_ONCE, header.records - first);
    const bytes = await file.read(HEADER_BYTES + first * RECORD_BYTES, count * RECORD_BYTES);
    const last = bytes.readUInt32LE((count - 1) * RECORD_BYTES + SOURCE_AT);
    if (last < current || last >= header.sources || last - current > count)
      throw damaged(`record ${first + count - 1} refers to something that does not exist`);
    const { names, end } = await readRange(file, lengthsAt, current + 1, last + 1, nameAt, header.end, damaged);
    const before = current;
    nameAt = end;
    for (let i = 0; i < count; i++) {
      const at = i * RECORD_BYTES;
      const source = bytes.readUInt32LE(at + SOURCE_AT);
      if (source !== current) {
        if (source !== current + 1) throw damaged(`record ${first + i} is out of order`);
        if (photo.length) yield photo;
        photo = [];
        current = source;
      }
      const name = photo.length ? photo[0].source : names[source - before - 1];
      photo.push(recordAt(bytes, at, name, kinds, () => damaged(`record ${first + i} has an unknown kind`)));
    }
  }
  if (photo.length) yield photo;
}

const SOURCE_AT = 20;

function recordAt(
  bytes: Buffer,
  at: number,
  source: string,
  kinds: readonly string[],
  unknown: () => FacewrightError,
): IndexRecord {
  const number = (place: number): number => bytes.readUInt32LE(at + place);
  const kind = kinds[number(24)];
  if (kind === undefined) throw unknown();
  const landmarks = readLandmarks(bytes.subarray(at + POINTS_AT, at + RECORD_BYTES));
  return {
    shard: number(0),
    offset: number(4),
    size: number(8),
    crc: number(12),
    label: number(16),
    source,
    kind,
    ...(landmarks && { landmarks }),
  };
}

/** The names `from` to `to`, the first of which starts at `start`, and where the last one ends. */
async function readRange(
  file: ByteSource,
  lengthsAt: number,
  from: number,
  to: number,
  start: number,
  limit: number,
  damaged: (what: string) => FacewrightError,
): Promise<{ names: string[]; end: number }> {
  const lengths = await file.read(lengthsAt + 4 * from, 4 * (to - from));
  let size = 0;
  for (let i = 0; i < lengths.length; i += 4) size += lengths.readUInt32LE(i);
  if (start + size > limit) throw damaged('its table of names is incomplete');
  const bytes = await file.read(start, size);
  let at = 0;
  const names = Array.from({ length: to - from }, (_, index) => {
    const begin = at;
    at += lengths.readUInt32LE(4 * index);
    return bytes.toString('utf8', begin, at);
  });
  return { names, end: start + size };
}

/** The names of the kinds, which are the last ones in the file. */
async function readKinds(
  file: ByteSource,
  { strings, sources, kinds, end }: IndexHeader,
  damaged: (what: string) => FacewrightError,
): Promise<string[]> {
  const lengthsAt = strings + 4 * sources;
  const lengths = await file.read(lengthsAt, 4 * kinds);
  let size = 0;
  for (let i = 0; i < lengths.length; i += 4) size += lengths.readUInt32LE(i);
  if (lengthsAt + 4 * kinds + size > end) throw damaged('its table of names is incomplete');
  const { names } = await readRange(file, lengthsAt, 0, kinds, end - size, end, damaged);
  return names;
}
