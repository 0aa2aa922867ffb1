/** Opens a dataset directory and reads its images by position. */
import { FacewrightError, messageOf, type Dataset } from '@facewright/core';
import { CheckedFile, decodeImage, readChecked } from '@facewright/platform/node';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { INDEX_FILE, readDatasetFile, type DatasetFile } from './dataset-file.js';
import { parseIndex } from './index-file.js';

/** A dataset on the disk. */
export interface OpenDataset extends Dataset {
  /** The encoded image of a sample as it was written, its checksum compared. */
  bytes(index: number): Promise<Uint8Array>;
}

/**
 * Checks that the directory is whole: every file there and of its size, the index's checksum and every record. The images' own checksums
 * are compared when they are read. Throws a `FacewrightError` that says what is wrong, where, and what to do.
 */
export async function openDataset(directory: string): Promise<OpenDataset> {
  const path = resolve(directory);
  const record = await readDatasetFile(path);
  for (const file of record.files) await checkSize(path, file);
  const shards = record.files.filter(({ name }) => name !== INDEX_FILE);
  const indexPath = join(path, INDEX_FILE);
  const index = await readChecked(indexPath, { maxBytes: MAX_INDEX }).catch((error: unknown) => {
    throw new FacewrightError({
      what: `Cannot read the dataset's index: ${messageOf(error)}.`,
      where: indexPath,
      todo: AGAIN,
      cause: error,
    });
  });
  const { identities } = record;
  const records = parseIndex(
    index,
    { identities: identities.length, shards: shards.map(({ size }) => size) },
    indexPath,
  );
  const handles = new Map<number, Promise<CheckedFile>>();
  let closed = false;

  const handleOf = (shard: number): Promise<CheckedFile> => {
    let handle = handles.get(shard);
    if (!handle) {
      handle = CheckedFile.open(join(path, shards[shard].name));
      handles.set(shard, handle);
    }
    return handle;
  };

  const placeOf = (number: number): string => `${join(path, shards[records[number].shard].name)}, image ${number}`;
  const bytes = async (number: number): Promise<Uint8Array> => {
    if (closed) throw new Error('the dataset is closed');
    if (!(number in records))
      throw new RangeError(`the dataset has ${records.length} images; there is no image ${number}`);
    const { shard, offset, size, crc } = records[number];
    const content = await (await handleOf(shard)).read(offset, size);
    if (crc32(content) !== crc)
      throw new FacewrightError({
        what: 'An image of the dataset is damaged: its checksum does not match.',
        where: placeOf(number),
        todo: AGAIN,
      });
    return content;
  };

  return {
    directory: path,
    summary: record.summary,
    identities,
    samples: records.map(({ label, source, kind, landmarks }) => ({
      identity: identities[label],
      label,
      source,
      kind,
      ...(landmarks && { landmarks }),
    })),
    bytes,
    read: async (number) => decodeImage(await bytes(number), { where: placeOf(number) }),
    close: async () => {
      closed = true;
      for (const handle of handles.values())
        await handle.then(
          (file) => file.close(),
          () => undefined,
        );
      handles.clear();
    },
  };
}

/** Some ninety bytes an image. */
const MAX_INDEX = 8 * 2 ** 30;
const AGAIN = 'Prepare the dataset again, or copy it again if this is a copy.';

async function checkSize(directory: string, { name, size }: DatasetFile['files'][number]): Promise<void> {
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
