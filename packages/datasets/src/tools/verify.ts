/** Checks a whole dataset: decodes every image, and compares the files with the format's own records of them. */
import { FacewrightError, messageOf, throwIfAborted } from '@facewright/core';
import { shortageOf } from '@facewright/platform';
import { decodeImage, ImageError, sha256OfFile } from '@facewright/platform/node';
import { join } from 'node:path';
import { readDatasetFile } from '../dataset/dataset-file.js';
import { RecordFile } from '../recordio/framing.js';
import { firstLabel, RECORD_HEAD } from '../recordio/image-record.js';
import { readList } from '../recordio/list-file.js';
import type { OffsetTable } from '../recordio/offset-table.js';
import { besides, readRecordSet } from '../recordio/record-set.js';
import { readIndex } from '../recordio/side-files.js';
import { openCollection, type StoredImage, type ToolOptions } from './collection.js';
import type { FormatName } from './recognise.js';

export interface Problem {
  /** The image or file. */
  readonly where: string;
  readonly reason: string;
  readonly detail: string;
}

export interface DatasetCheck {
  readonly format: FormatName;
  readonly path: string;
  /** Images opened. */
  readonly images: number;
  readonly problems: readonly Problem[];
  readonly ok: boolean;
}

/** Images decoded concurrently. */
const AT_ONCE = 8;

/** Throws a `FacewrightError` only if the set as a whole cannot be opened. */
export async function verifyDataset(path: string, options: ToolOptions = {}): Promise<DatasetCheck> {
  const { emit, signal } = options;
  const found = await openCollection(path, options);
  const problems: Problem[] = [];
  let images = 0;
  const check = async (
    all: readonly (Pick<StoredImage, 'bytes' | 'excluded'> & { readonly where: string })[],
  ): Promise<void> => {
    for (let first = 0; first < all.length; first += AT_ONCE) {
      throwIfAborted(signal, found.path);
      const part = all.slice(first, first + AT_ONCE);
      problems.push(...(await Promise.all(part.map(problemOf))).filter((problem) => problem !== undefined));
      images += part.filter(({ excluded }) => !excluded).length;
      emit?.('progress', { task: 'verify', done: images, unit: 'images' });
    }
  };
  if (found.format === 'insightface-bin') {
    await check([...found.images].map(([where, content]) => ({ where, bytes: async () => content })));
  } else {
    try {
      for await (const person of found.people())
        await check(
          person.images.map(({ source, kind, bytes, excluded }) => ({
            where: kind === 'original' ? source : `${source} (${kind})`,
            bytes,
            excluded,
          })),
        );
      if (found.format === 'dataset') problems.push(...(await checkFiles(found.path, signal)));
      if (found.format === 'insightface-rec') problems.push(...(await checkRecords(found.path, signal)));
    } finally {
      await found.close();
    }
  }
  return { format: found.format, path: found.path, images, problems, ok: problems.length === 0 };
}

async function problemOf({
  where,
  bytes,
  excluded,
}: Pick<StoredImage, 'bytes' | 'excluded'> & { readonly where: string }): Promise<Problem | undefined> {
  if (excluded) return { where, ...excluded };
  try {
    await decodeImage(await bytes(), { where });
    return undefined;
  } catch (error) {
    const shortage = shortageOf(error);
    if (shortage) throw shortage;
    return {
      where,
      reason: error instanceof ImageError ? error.reason : 'unreadable',
      detail: error instanceof FacewrightError ? error.what : messageOf(error),
    };
  }
}

/** Compares each file's SHA-256 with `dataset.json`. */
async function checkFiles(directory: string, signal?: AbortSignal): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { name, sha256 } of (await readDatasetFile(directory)).files) {
    throwIfAborted(signal, directory);
    const actual = await sha256OfFile(join(directory, name), signal);
    if (actual !== sha256)
      problems.push({ where: name, reason: 'checksum', detail: `its SHA-256 is ${actual}, not ${sha256}` });
  }
  return problems;
}

/** Compares the index with where records start, and each image's label with its range and with the list. */
async function checkRecords(path: string, signal?: AbortSignal): Promise<Problem[]> {
  const { rec, labels, persons, offsets } = await readRecordSet(path, signal);
  const images = new ByOffset(offsets);
  const table = await readIndex(besides(rec, 'idx'));
  const list = await readList(besides(rec, 'lst'), signal);
  const [ids, places] = table ? columnsOf(table) : [];
  const index = places && new ByOffset(places);
  const problems: Problem[] = [];
  const report = (where: string, reason: string, detail: string): void => void problems.push({ where, reason, detail });
  const file = await RecordFile.open(rec);
  let number = 0;
  try {
    for await (const { offset, payload } of file.records(RECORD_HEAD)) {
      throwIfAborted(signal, rec);
      const where = `${rec}, byte ${offset}`;
      const label = firstLabel(payload);
      const image = images.at(offset);
      if (index && index.at(offset) === undefined) report(where, 'index', 'this record is not in the .idx file');
      if (image !== undefined) {
        const own = labels[persons[image]];
        if (own !== label)
          report(where, 'label', `the image has the label ${label}, but is in the range of person ${own}`);
        if (list && list.labelOf(number) !== label)
          report(where, 'list', `the image has the label ${label}, but ${list.labelOf(number)} in the .lst file`);
      }
      number++;
    }
  } catch (error) {
    if (!(error instanceof FacewrightError)) throw error;
    throwIfAborted(signal, rec);
    report(rec, 'damaged', error.what);
    return problems;
  } finally {
    await file.close();
  }
  for (const entry of index?.missed() ?? [])
    report(
      besides(rec, 'idx'),
      'index',
      `no record starts at byte ${places![entry]}, where id ${ids![entry]} should be`,
    );
  return problems;
}

function columnsOf(table: OffsetTable): readonly [ids: Float64Array, offsets: Float64Array] {
  const [ids, offsets] = [new Float64Array(table.size), new Float64Array(table.size)];
  let entry = 0;
  for (const [id, offset] of table) {
    ids[entry] = id;
    offsets[entry++] = offset;
  }
  return [ids, offsets];
}

/** Finds entries by rising offsets, and keeps those that nobody asks for. */
class ByOffset {
  private readonly order: Uint32Array;
  private readonly left: number[] = [];
  private next = 0;

  constructor(private readonly offsets: Float64Array) {
    const order = Uint32Array.from({ length: offsets.length }, (_, entry) => entry);
    const ordered = offsets.every((offset, entry) => entry === 0 || offsets[entry - 1] <= offset);
    this.order = ordered ? order : order.sort((a, b) => offsets[a] - offsets[b]);
  }

  /** The last entry at this offset, which must be larger than at the call before. */
  at(offset: number): number | undefined {
    const { order, offsets } = this;
    while (this.next < order.length && offsets[order[this.next]] < offset) this.left.push(order[this.next++]);
    let found: number | undefined;
    while (this.next < order.length && offsets[order[this.next]] === offset) found = order[this.next++];
    return found;
  }

  missed(): number[] {
    return [...this.left, ...this.order.subarray(this.next)];
  }
}
