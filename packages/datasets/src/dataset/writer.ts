/** Writes a dataset directory: tar shards, a binary index and `dataset.json`, visible under its name only when all of it is on the disk. */
import { FacewrightError, type DatasetWriter, type Sample } from '@facewright/core';
import { encodeImage, writeFileAtomic } from '@facewright/core/node';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { imageEnding, safeName, stemOf } from '../writers/names.js';
import { createWholeDirectory } from '../whole-directory.js';
import { DATASET_FILE, DATASET_VERSION, INDEX_FILE, type DatasetFile } from './dataset-file.js';
import { encodeIndex, type IndexRecord } from './index-file.js';
import { createShardWriter } from './shard-writer.js';

export interface DatasetWriterOptions {
  /** `jpeg` is the seed's choice (quality 95, 4:2:0); `png` keeps every value. */
  readonly format?: 'jpeg' | 'png';
  /** A shard is closed before it would grow over this many bytes; at most 4 GiB − 1. */
  readonly shardBytes?: number;
}

/** Takes images that are encoded already, too: their bytes stay as they are. */
export interface EncodedDatasetWriter extends DatasetWriter {
  addEncoded(sample: Sample, bytes: Uint8Array): Promise<void>;
}

/**
 * A writer for `directory`, which must be new, empty or an older dataset (replaced by `finish`). Images are encoded as they come, several
 * at once where `add` is not awaited, and written in the order of the calls. Throws a `FacewrightError` where the directory is taken.
 */
export async function createDatasetWriter(directory: string, { format = 'jpeg', shardBytes = 256 * 2 ** 20 }: DatasetWriterOptions = {}): Promise<EncodedDatasetWriter> {
  if (!(shardBytes > 0 && shardBytes < 2 ** 32)) throw new RangeError(`shardBytes must be above 0 and below 2^32, got ${shardBytes}`);
  const place = await createWholeDirectory(directory, DATASET_FILE, 'dataset');
  const shards = createShardWriter(place.aside, shardBytes);
  const labels = new Map<string, number>();
  const records: IndexRecord[] = [];
  let tail: Promise<unknown> = Promise.resolve();
  let ended = false;

  const append = async ({ identity, source, kind, landmarks }: Sample, bytes: Uint8Array): Promise<void> => {
    if (!labels.has(identity)) labels.set(identity, labels.size);
    const { shard, offset } = await shards.append(entryName(identity, source, kind, records.length, imageEnding(bytes)), bytes);
    records.push({ shard, offset, size: bytes.length, crc: crc32(bytes), label: labels.get(identity)!, source, kind, ...(landmarks && { landmarks }) });
  };
  const end = (): void => {
    if (ended) throw new Error('the dataset writer was finished or aborted already');
    ended = true;
  };

  const addInTurn = (sample: Sample, encoded: Promise<Uint8Array>): Promise<void> => {
    encoded.catch(() => undefined); // rejects `added` below, when its turn comes
    const added = tail.then(async () => append(sample, await encoded));
    tail = added;
    added.catch(() => undefined);
    return added;
  };
  const refused = (): Promise<never> => Promise.reject(new Error('the dataset writer was finished or aborted already'));

  return {
    add: (sample, image) => (ended ? refused() : addInTurn(sample, encodeImage(image, format))),
    addEncoded: (sample, bytes) => (ended ? refused() : addInTurn(sample, Promise.resolve(bytes))),
    finish: async (summary) => {
      end();
      try {
        await tail;
        if (records.length === 0) throw new FacewrightError({ what: 'No image was left to write, so there is no dataset.', where: directory, todo: 'See the list of photos left out for the reasons.' });
        const index = encodeIndex(records);
        const files = [...(await shards.finish()), { name: INDEX_FILE, size: index.length, sha256: createHash('sha256').update(index).digest('hex') }];
        await writeFileAtomic(join(place.aside, INDEX_FILE), index);
        const record: DatasetFile = { format: 'facewright-dataset', version: DATASET_VERSION, image: { format }, identities: [...labels.keys()], files, summary };
        await writeFileAtomic(join(place.aside, DATASET_FILE), `${JSON.stringify(record, null, 1)}\n`);
        await place.publish();
      } catch (error) {
        await shards.close();
        await place.discard();
        throw error;
      }
    },
    abort: async () => {
      if (ended) return;
      end();
      await tail.catch(() => undefined);
      await shards.close();
      await place.discard();
    },
  };
}

/** The name in the tar file: for people and other programs, ours go by the index. The number keeps it unique. */
const entryName = (identity: string, source: string, kind: string, number: number, ending: string): string =>
  `${safeName(identity)}/${safeName(stemOf(source))}-${number}.${safeName(kind)}.${ending}`;
