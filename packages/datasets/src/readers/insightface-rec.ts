/**
 * InsightFace training sets of aligned crops: `train.rec` with `train.idx` and optionally `train.lst`. With an index,
 * people are read from the records of their id ranges, whose positions are in record 0. Without one, every record's
 * header is read.
 */
import {
  definePlugin,
  FacewrightError,
  PHOTO_LIMITS,
  throwIfAborted,
  type ByteLimits,
  type Identity,
  type PluginContext,
  type Reader,
} from '@facewright/core';
import { cannotRead, ImageError } from '@facewright/platform/node';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, posix, resolve } from 'node:path';
import { z } from 'zod';
import { RecordFile, readRecordAt } from '../recordio/framing.js';
import { firstLabel, imageBytes, parseImageRecord, RECORD_HEAD } from '../recordio/image-record.js';
import { readIndex, readList, type ListLine } from '../recordio/side-files.js';
import { VERSION } from '../version.js';

export const insightFaceRec = definePlugin({
  meta: {
    name: 'insightface-rec',
    kind: 'reader',
    version: VERSION,
    apiVersion: 1,
    description: 'InsightFace training sets: .rec, .idx and .lst (MXNet RecordIO)',
  },
  options: z.strictObject({
    path: z.string().min(1).describe('the .rec file, or the folder with one'),
    aligned: z
      .boolean()
      .default(true)
      .describe('the images are already aligned crops; false: photos to detect faces in'),
  }),
  create: ({ path, aligned }, context): Reader => ({
    identities: () => identities(resolve(context.baseDirectory, path), aligned, context),
  }),
});

declare module '@facewright/core' {
  interface ReaderPlugins {
    'insightface-rec': typeof insightFaceRec;
  }
}

async function* identities(path: string, aligned: boolean, { signal, emit }: PluginContext): AsyncGenerator<Identity> {
  const { rec, people } = await readRecordSet(path, signal);
  if (people.size === 0)
    throw new FacewrightError({
      what: 'The record file has no images.',
      where: rec,
      todo: 'Download or create the file again.',
    });
  const list = await readList(besides(rec, 'lst'));
  const names = list && namesFrom(list, people);
  if (list && !names)
    emit('notice', {
      level: 'warning',
      message: `${besides(rec, 'lst')} does not match the records, so people are named by their label numbers.`,
    });
  for (const [label, images] of people) {
    throwIfAborted(signal, rec);
    const name = names?.person.get(label) ?? String(label);
    yield {
      name,
      photos: images.map(({ id, offset }) => ({
        id: names?.photo(id) ?? `${label}/${id}.jpg`,
        identity: name,
        bytes: (limits) => imageAt(rec, offset, limits),
        ...(aligned && { aligned }),
      })),
    };
  }
}

export interface RecordSet {
  /** Path of the .rec file. */
  readonly rec: string;
  /** Images by label, in order of first occurrence. */
  readonly people: ReadonlyMap<number, readonly PlacedImage[]>;
}
export interface PlacedImage {
  readonly id: number;
  readonly offset: number;
}

/** The positions of each person's images. Throws a `FacewrightError` for incomplete files. */
export async function readRecordSet(path: string, signal?: AbortSignal): Promise<RecordSet> {
  const rec = await recordPath(path);
  const index = await readIndex(besides(rec, 'idx'));
  const file = await RecordFile.open(rec);
  try {
    return { rec, people: (index && (await peopleOfRanges(file, index))) ?? (await peopleByScan(file, signal)) };
  } finally {
    await file.close();
  }
}

async function recordPath(path: string): Promise<string> {
  if (/\.rec$/i.test(path)) return path;
  const names = (await readdir(path).catch(() => [])).filter((name) => /\.rec$/i.test(name)).sort();
  if (names.length === 1) return join(path, names[0]);
  const what = names.length
    ? `The folder has ${names.length} .rec files: ${names.join(', ')}.`
    : 'There is no .rec file.';
  throw new FacewrightError({ what, where: path, todo: 'Give the path of one .rec file.' });
}

export const besides = (rec: string, ending: string): string => rec.replace(/\.rec$/i, `.${ending}`);

/** Labels and range bounds are float32: above this, ids are rounded and ranges are useless. */
const EXACT = 2 ** 24;

/** `undefined` if the file has no ranges, or they do not fit its index. */
async function peopleOfRanges(
  file: RecordFile,
  index: ReadonlyMap<number, number>,
): Promise<Map<number, PlacedImage[]> | undefined> {
  const bounds = await rangeAt(file, index.get(0));
  if (!bounds || index.size > EXACT) return undefined;
  const people = new Map<number, PlacedImage[]>();
  let covered = 0;
  for (let id = bounds[0]; id < bounds[1]; id++) {
    const range = await rangeAt(file, index.get(id));
    if (!range || range[0] < 1 || range[1] > bounds[0]) return undefined;
    const first = index.get(range[0]);
    const label = first === undefined ? undefined : firstLabel((await file.read(first, RECORD_HEAD)).payload);
    if (label === undefined || range[1] <= range[0]) return undefined;
    const own = people.get(label) ?? [];
    people.set(label, own);
    for (let image = range[0]; image < range[1]; image++) {
      const offset = index.get(image);
      if (offset === undefined) return undefined;
      own.push({ id: image, offset });
      // overlapping ranges would include images again and again
      if (++covered >= bounds[0]) return undefined;
    }
  }
  return covered === bounds[0] - 1 ? people : undefined;
}

/** The two numbers of a range record. */
async function rangeAt(file: RecordFile, offset: number | undefined): Promise<readonly [number, number] | undefined> {
  if (offset === undefined) return undefined;
  const { payload, length } = await file.read(offset, RECORD_HEAD);
  const record = imageBytes(payload, length) === 0 ? parseImageRecord(payload) : undefined;
  if (!record || record.labels.length !== 2 || !record.labels.every(Number.isSafeInteger)) return undefined;
  return [record.labels[0], record.labels[1]];
}

/**
 * An id is the record's number in the file, as in InsightFace's tools: record 0 describes the ranges, is missing, or is
 * an image.
 */
async function peopleByScan(file: RecordFile, signal?: AbortSignal): Promise<Map<number, PlacedImage[]>> {
  const people = new Map<number, PlacedImage[]>();
  let id = 0;
  for await (const { payload, length, offset } of file.records(RECORD_HEAD)) {
    if (id % 4096 === 0) throwIfAborted(signal, file.path);
    const label = firstLabel(payload);
    if (imageBytes(payload, length) > 0 && label !== undefined) {
      const own = people.get(label);
      if (own) own.push({ id, offset });
      else people.set(label, [{ id, offset }]);
    }
    id++;
  }
  return people;
}

async function imageAt(
  rec: string,
  offset: number,
  { maxBytes = PHOTO_LIMITS.maxBytes }: ByteLimits = {},
): Promise<Uint8Array> {
  const where = `${rec}, byte ${offset}`;
  const record = await readRecordAt(rec, offset, maxBytes).catch((error: unknown) => {
    throw cannotRead(error, where);
  });
  const image = parseImageRecord(record)?.image;
  if (!image) throw new ImageError('unreadable', 'The record is shorter than its header says.', where);
  return image;
}

/** Names from the list if it belongs to these records: one line per image with its label, no path twice. */
function namesFrom(
  list: readonly ListLine[],
  people: RecordSet['people'],
): { person: ReadonlyMap<number, string>; photo: (id: number) => string } | undefined {
  const paths = list.map(({ path }) => posix.normalize(`/${path.replaceAll('\\', '/')}`).slice(1));
  if (new Set(paths).size !== paths.length) return undefined;
  const folders = new Map<number, string>();
  let count = 0;
  let oneFolderEach = true;
  for (const [label, images] of people) {
    count += images.length;
    for (const { id } of images) {
      if (list[id - 1]?.label !== label) return undefined;
      const folder = basename(dirname(paths[id - 1]));
      oneFolderEach &&= folder !== '.' && folder === (folders.get(label) ?? folder);
      folders.set(label, folder);
    }
  }
  if (count !== list.length) return undefined;
  const person = oneFolderEach && new Set(folders.values()).size === people.size ? folders : new Map<number, string>();
  return { person, photo: (id) => paths[id - 1] };
}
