/** Detects the dataset format at a path. */
import { FacewrightError } from '@facewright/core';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DATASET_FILE } from '../dataset/dataset-file.js';
import { cannotOpen, isPhotoName, list } from '../readers/photo-files.js';

export const FORMATS = [
  'dataset',
  'folder',
  'flat-folder',
  'trillion-pairs',
  'insightface-rec',
  'insightface-bin',
  'webdataset',
  'zip',
] as const;
export type FormatName = (typeof FORMATS)[number];

export interface Recognised {
  readonly format: FormatName;
  /** Paths for the format's reader: the path itself, or the lists in a folder of Trillion Pairs. */
  readonly paths: readonly string[];
}

const BY_ENDING: readonly (readonly [RegExp, FormatName])[] = [
  [/\.rec$/i, 'insightface-rec'],
  [/\.bin$/i, 'insightface-bin'],
  [/\.tar$/i, 'webdataset'],
  [/\.zip$/i, 'zip'],
];
const COMPRESSED = /\.(gz|tgz|bz2|tbz2?|xz|txz|zst|lz4|7z|rar)$/i;
/** `msra_lmk` and `celebrity_lmk`, but not `testdata_lmk.txt` next to them, whose photos have no labels. */
const LIST = /^(?!test).*_lmk(\.txt)?$/i;

/** Judges a file by its extension, and a folder by its contents. Throws a `FacewrightError` if there is nothing. */
export async function recogniseFormat(path: string): Promise<Recognised> {
  const where = resolve(path);
  const found = await stat(where).catch((error: unknown) => {
    throw cannotOpen(error, 'file or folder', where);
  });
  if (!found.isDirectory()) {
    if (/\.idx$/i.test(where) || (/\.lst$/i.test(where) && existsSync(where.replace(/lst$/i, 'rec'))))
      throw new FacewrightError({
        what: 'This file belongs to an InsightFace training set.',
        where,
        todo: 'Give the path of the .rec file.',
      });
    if (COMPRESSED.test(where))
      throw new FacewrightError({
        what: 'Compressed archives like this one are not supported.',
        where,
        todo: 'Unpack it: folders, plain .tar and .zip files are supported.',
      });
    if (isPhotoName(where))
      throw new FacewrightError({
        what: 'This is a single photo, not a dataset.',
        where,
        todo: 'Give the path of a folder with one subfolder per person. For a single photo, use facewright detect.',
      });
    return { format: BY_ENDING.find(([ending]) => ending.test(where))?.[1] ?? 'trillion-pairs', paths: [where] };
  }
  const entries = await readdir(where, { withFileTypes: true }).catch((error: unknown) => {
    throw cannotOpen(error, 'folder', where);
  });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  if (files.includes(DATASET_FILE)) return { format: 'dataset', paths: [where] };
  if (files.some((name) => /\.rec$/i.test(name))) return { format: 'insightface-rec', paths: [where] };
  const lists = files.filter((name) => LIST.test(name)).map((name) => join(where, name));
  if (lists.length > 0) return { format: 'trillion-pairs', paths: lists };
  // an archive or photo next to people's folders does not count
  const { folders, photos } = await list(where);
  if (folders.length > 0) return { format: 'folder', paths: [where] };
  if (files.some((name) => /\.tar$/i.test(name))) return { format: 'webdataset', paths: [where] };
  return { format: photos.length > 0 ? 'flat-folder' : 'folder', paths: [where] };
}
