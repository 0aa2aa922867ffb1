/** `dataset.json`: the contents of a dataset and how it was made. It is written last, and its presence makes a directory a dataset. */
import { FacewrightError, messageOf, parseOptions, type Exclusion, type PreparationSummary } from '@facewright/core';
import { readCheckedText } from '@facewright/platform/node';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export const DATASET_FILE = 'dataset.json';
export const INDEX_FILE = 'index.bin';
/** Every photo left out, with its reason: JSON, one a line. */
export const EXCLUDED_FILE = 'excluded.jsonl';
export const DATASET_VERSION = 2;
/** Version 1 lists the photos left out in `dataset.json` itself. */
const READABLE: readonly number[] = [1, DATASET_VERSION];

/** The file lists every person, and in version 1 every excluded photo; a string cannot be longer than this. */
const MAX_BYTES = 500_000_000;

const count = z.int().min(0);

export const exclusionSchema = z.looseObject({
  photo: z.string(),
  identity: z.string(),
  reason: z.string(),
  detail: z.string().optional(),
});

const datasetFile = z.looseObject({
  format: z.literal('facewright-dataset'),
  version: z.literal(READABLE),
  image: z.looseObject({ format: z.enum(['jpeg', 'png']), encoder: z.string().optional() }),
  shardBytes: count.optional(),
  /** Indexed by label. */
  identities: z.array(z.string()),
  files: z.array(z.looseObject({ name: z.string().regex(/^[\w.-]+$/), size: count, sha256: z.string() })).min(1),
  summary: z.looseObject({
    photos: count,
    kept: count,
    dropped: count,
    identities: count,
    images: count,
    seed: z.int(),
    seconds: z.number().min(0),
    part: z.looseObject({ number: count, of: count, basis: z.record(z.string(), z.string()) }).optional(),
    reasons: z.record(z.string(), count),
    perTier: z.record(z.string(), z.looseObject({ identities: count, photos: count, images: count })),
    exclusions: z.array(exclusionSchema).optional(),
    alignment: z.looseObject({ fingerprint: z.string(), size: z.int().min(1), detector: z.string().optional() }),
  }),
});

export interface DatasetFile {
  readonly format: 'facewright-dataset';
  readonly version: number;
  /** `encoder`: the program that encoded the images. Another one gives different bytes for the same pixels. */
  readonly image: { readonly format: 'jpeg' | 'png'; readonly encoder?: string };
  /** In a part of a divided preparation: the size of shards, which merging needs. */
  readonly shardBytes?: number;
  readonly identities: readonly string[];
  readonly files: readonly { readonly name: string; readonly size: number; readonly sha256: string }[];
  readonly summary: PreparationSummary & { readonly exclusions?: readonly Exclusion[] };
}

/** The record of the preparation at `directory`; `undefined` if there is no dataset. Throws if it is damaged. */
export async function preparedSummary(directory: string): Promise<PreparationSummary | undefined> {
  const there = await stat(join(directory, DATASET_FILE)).catch(() => undefined);
  return there && (await readDatasetFile(directory)).summary;
}

/** Throws a `FacewrightError` if the file is missing, damaged or of another version. */
export async function readDatasetFile(directory: string): Promise<DatasetFile> {
  const where = join(directory, DATASET_FILE);
  let value: unknown;
  try {
    value = JSON.parse(await readCheckedText(where, { maxBytes: MAX_BYTES }));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new FacewrightError({
        what: `This is not a prepared dataset: it has no ${DATASET_FILE}.`,
        where: directory,
        todo: 'Give the path of a finished dataset, or run `facewright prepare` first.',
        cause: error,
      });
    throw new FacewrightError({
      what: `Cannot read the dataset's metadata: ${messageOf(error)}.`,
      where,
      todo: 'Prepare the dataset again.',
      cause: error,
    });
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && !READABLE.includes(version)) {
    throw new FacewrightError({
      what: `The dataset has format version ${version}; this facewright reads versions ${READABLE.join(' and ')}.`,
      where,
      todo: 'Prepare it again with this version, or use the version that wrote it.',
    });
  }
  return parseOptions(datasetFile, value, where) as DatasetFile;
}
