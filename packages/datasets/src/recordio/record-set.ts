/** Where each person's images are in a record file: sixteen bytes an image. */
import { FacewrightError, throwIfAborted } from '@facewright/core';
import { Column } from '@facewright/platform/node';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { entriesOf, groupByPerson } from '../readers/person-groups.js';
import { RecordFile } from './framing.js';
import { firstLabel, imageBytes, parseImageRecord, RECORD_HEAD } from './image-record.js';
import type { OffsetTable } from './offset-table.js';
import { readIndex } from './side-files.js';

export interface RecordSet {
  /** Path of the .rec file. */
  readonly rec: string;
  /** Of the people, in order of their first images. */
  readonly labels: readonly number[];
  /** Number of images. */
  readonly length: number;
  /** Numbers of a person's images, in order. */
  imagesOf(person: number): Uint32Array;
  /** By image: its id, and the byte its record begins at. */
  readonly ids: Float64Array;
  readonly offsets: Float64Array;
  /** By image: the number of its person. */
  readonly persons: Uint32Array;
}

/** Throws a `FacewrightError` for incomplete files. */
export async function readRecordSet(path: string, signal?: AbortSignal): Promise<RecordSet> {
  const rec = await recordPath(path);
  const index = await readIndex(besides(rec, 'idx'));
  const file = await RecordFile.open(rec);
  try {
    const images = (index && (await imagesOfRanges(file, index))) ?? (await imagesByScan(file, signal));
    return { rec, ...images.grouped() };
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

/** Images with their labels, in the order they are found. */
class Images {
  private readonly numbers = new Map<number, number>();
  private readonly persons = new Column(new Uint32Array(0));
  private readonly ids = new Column(new Float64Array(0));
  private readonly offsets = new Column(new Float64Array(0));

  get length(): number {
    return this.ids.length;
  }

  add(label: number, id: number, offset: number): void {
    let person = this.numbers.get(label);
    if (person === undefined) this.numbers.set(label, (person = this.numbers.size));
    this.persons.push(person);
    this.ids.push(id);
    this.offsets.push(offset);
  }

  grouped(): Omit<RecordSet, 'rec'> {
    const [labels, persons] = [[...this.numbers.keys()], this.persons.view()];
    const groups = groupByPerson(persons, labels.length);
    return {
      labels,
      length: this.length,
      imagesOf: (person) => entriesOf(groups, person),
      ids: this.ids.view(),
      offsets: this.offsets.view(),
      persons,
    };
  }
}

/** Labels and range bounds are float32: above this, ids are rounded and ranges are useless. */
const EXACT = 2 ** 24;

/** `undefined` if the file has no ranges, or they do not fit its index. */
async function imagesOfRanges(file: RecordFile, index: OffsetTable): Promise<Images | undefined> {
  const bounds = await rangeAt(file, index.get(0));
  if (!bounds || index.size > EXACT) return undefined;
  const images = new Images();
  for (let id = bounds[0]; id < bounds[1]; id++) {
    const range = await rangeAt(file, index.get(id));
    if (!range || range[0] < 1 || range[1] > bounds[0]) return undefined;
    const first = index.get(range[0]);
    const label = first === undefined ? undefined : firstLabel((await file.read(first, RECORD_HEAD)).payload);
    if (label === undefined || range[1] <= range[0]) return undefined;
    for (let image = range[0]; image < range[1]; image++) {
      const offset = index.get(image);
      // overlapping ranges would include images again and again
      if (offset === undefined || images.length + 1 >= bounds[0]) return undefined;
      images.add(label, image, offset);
    }
  }
  return images.length === bounds[0] - 1 ? images : undefined;
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
async function imagesByScan(file: RecordFile, signal?: AbortSignal): Promise<Images> {
  const images = new Images();
  let id = 0;
  for await (const { payload, length, offset } of file.records(RECORD_HEAD)) {
    if (id % 4096 === 0) throwIfAborted(signal, file.path);
    const label = firstLabel(payload);
    if (imageBytes(payload, length) > 0 && label !== undefined) images.add(label, id, offset);
    id++;
  }
  return images;
}
