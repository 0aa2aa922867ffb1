/** Checks a whole dataset: decodes every image, and compares the files with the format's own records of them. */
import { FacewrightError, messageOf, throwIfAborted } from '@facewright/core';
import { shortageOf } from '@facewright/platform';
import { decodeImage, ImageError, sha256OfFile } from '@facewright/platform/node';
import { join } from 'node:path';
import { readDatasetFile } from '../dataset/dataset-file.js';
import { besides, readRecordSet } from '../readers/insightface-rec.js';
import { RecordFile } from '../recordio/framing.js';
import { firstLabel, RECORD_HEAD } from '../recordio/image-record.js';
import { readIndex, readList } from '../recordio/side-files.js';
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
  const { rec, people } = await readRecordSet(path, signal);
  const index = await readIndex(besides(rec, 'idx'));
  const labels = new Map<number, number>();
  for (const [label, images] of people) for (const { offset } of images) labels.set(offset, label);
  const list = await readList(besides(rec, 'lst'));
  let number = 0;
  const ids = new Map([...(index ?? [])].map(([id, offset]) => [offset, id]));
  const problems: Problem[] = [];
  const file = await RecordFile.open(rec);
  try {
    for await (const { offset, payload } of file.records(RECORD_HEAD)) {
      throwIfAborted(signal, rec);
      const label = labels.get(offset);
      if (index && !ids.delete(offset))
        problems.push({
          where: `${rec}, byte ${offset}`,
          reason: 'index',
          detail: 'this record is not in the .idx file',
        });
      if (label !== undefined && label !== firstLabel(payload))
        problems.push({
          where: `${rec}, byte ${offset}`,
          reason: 'label',
          detail: `the image has the label ${firstLabel(payload)}, but is in the range of person ${label}`,
        });
      if (label !== undefined && list && list[number - 1]?.label !== firstLabel(payload))
        problems.push({
          where: `${rec}, byte ${offset}`,
          reason: 'list',
          detail: `the image has the label ${firstLabel(payload)}, but ${list[number - 1]?.label} in the .lst file`,
        });
      number++;
    }
  } catch (error) {
    if (!(error instanceof FacewrightError)) throw error;
    throwIfAborted(signal, rec);
    problems.push({ where: rec, reason: 'damaged', detail: error.what });
    return problems;
  } finally {
    await file.close();
  }
  for (const [offset, id] of ids)
    problems.push({
      where: besides(rec, 'idx'),
      reason: 'index',
      detail: `no record starts at byte ${offset}, where id ${id} should be`,
    });
  return problems;
}
