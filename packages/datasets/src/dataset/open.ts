/** Opens a dataset directory and reads its images by position. */
import { FacewrightError, messageOf, type Dataset, type RgbImage } from '@facewright/core';
import { openBatchReader } from '../batches/batch-reader.js';
import { CheckedFile, decodeImage } from '@facewright/platform/node';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { EXCLUDED_FILE, INDEX_FILE, readDatasetFile, type DatasetFile } from './dataset-file.js';
import { readExclusions } from './exclusions.js';
import { readIndex, type DatasetIndex } from './index-reader.js';
import { OpenFiles } from './open-files.js';

/** Shards that stay open besides those of a batch reader. */
const MOST_OPEN = 64;

/** A dataset on disk. */
export interface OpenDataset extends Dataset {
  /** The encoded image of a sample as it was written. Verifies its checksum. */
  bytes(index: number): Promise<Uint8Array>;
}

/**
 * Checks that the directory is complete: all files present and of the right size, and the index's checksum and records.
 * The images' own checksums are verified when they are read. Throws a `FacewrightError` that says what is wrong, where,
 * and what to do.
 */
export async function openDataset(directory: string): Promise<OpenDataset> {
  const path = resolve(directory);
  const record = await readDatasetFile(path);
  for (const file of record.files) await checkSize(path, file);
  const shards = shardsOf(record);
  const { file: indexFile, index } = await openIndex(join(path, INDEX_FILE), {
    identities: record.identities,
    shards: shards.map(({ size }) => size),
  });
  const { exclusions: _, ...summary } = record.summary;
  const paths = shards.map(({ name }) => join(path, name));
  const files = new OpenFiles(paths, MOST_OPEN);
  let closed = false;

  const placeName = (number: number): string => `${paths[index.placeOf(number).shard]}, image ${number}`;
  const requireOpen = (): void => {
    if (closed) throw new Error('the dataset is closed');
  };
  const bytes = async (number: number): Promise<Uint8Array> => {
    requireOpen();
    const { shard, offset, size, crc } = index.placeOf(number);
    const content = await files.use(shard, (file) => file.read(offset, size));
    if (crc32(content) !== crc)
      throw new FacewrightError({
        what: 'An image of the dataset is damaged: its checksum does not match.',
        where: placeName(number),
        todo: AGAIN,
      });
    return content;
  };

  const read = async (number: number): Promise<RgbImage> =>
    decodeImage(await bytes(number), { where: placeName(number) });

  return {
    ...index,
    sourceOf: (number) => {
      requireOpen();
      return index.sourceOf(number);
    },
    landmarksOf: (number) => {
      requireOpen();
      return index.landmarksOf(number);
    },
    directory: path,
    summary,
    exclusions: () => readExclusions(path, record),
    bytes,
    openBatchReader: (options) => {
      requireOpen();
      return openBatchReader({ paths, placeOf: index.placeOf, read }, options);
    },
    read,
    close: async () => {
      if (closed) return;
      closed = true;
      await indexFile.close();
      await files.close();
    },
  };
}

export const shardsOf = ({ files }: DatasetFile): DatasetFile['files'] =>
  files.filter(({ name }) => name !== INDEX_FILE && name !== EXCLUDED_FILE);

async function openIndex(
  where: string,
  limits: Parameters<typeof readIndex>[1],
): Promise<{ file: CheckedFile; index: DatasetIndex }> {
  const file = await CheckedFile.open(where).catch((error: unknown) => {
    throw new FacewrightError({
      what: `Cannot read the dataset's index: ${messageOf(error)}.`,
      where,
      todo: AGAIN,
      cause: error,
    });
  });
  try {
    return { file, index: await readIndex(file, limits, where) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

const AGAIN = 'Prepare the dataset again, or copy it again if this is a copy.';

/** Throws a `FacewrightError` if a file of the dataset is missing or of another size than recorded. */
export async function checkSize(directory: string, { name, size }: DatasetFile['files'][number]): Promise<void> {
  const where = join(directory, name);
  const found = await stat(where).catch((error: unknown) => {
    throw new FacewrightError({ what: 'A file of the dataset is missing.', where, todo: AGAIN, cause: error });
  });
  if (found.size !== size)
    throw new FacewrightError({
      what: `A file of the dataset has ${found.size} bytes instead of ${size}: it was truncated or changed.`,
      where,
      todo: AGAIN,
    });
}
