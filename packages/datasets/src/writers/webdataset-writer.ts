/**
 * Writes WebDataset shards: `key.jpg`, `key.cls` (the person's number) and `key.json` (identity, source, kind,
 * landmarks), with consecutive keys.
 */
import { landmarkPoints } from '@facewright/core';
import { createWholeDirectory } from '@facewright/platform/node';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { END_BYTES, tarEntry } from '../dataset/tar-entry.js';
import { imageEnding } from './names.js';
import { numbering, type SetWriter } from './set-writer.js';

/** `directory` must be new or empty. A shard is closed before it would exceed `shardBytes`; samples are never split. */
export async function createWebdatasetWriter(directory: string, shardBytes = 256 * 2 ** 20): Promise<SetWriter> {
  const place = await createWholeDirectory(directory, { kind: 'WebDataset' });
  const labels = numbering();
  let shards = 0;
  let count = 0;
  let current: { readonly file: FileHandle; size: number } | undefined;

  const end = async (): Promise<void> => {
    if (!current) return;
    await current.file.appendFile(new Uint8Array(END_BYTES));
    await current.file.sync();
    await current.file.close();
    current = undefined;
  };

  return {
    add: async ({ bytes, identity, source, kind, landmarks }) => {
      const key = String(count++).padStart(9, '0');
      const fields = {
        identity,
        label: labels.of(identity),
        source,
        kind,
        ...(landmarks && { landmarks: landmarkPoints(landmarks) }),
      };
      const entries = [
        [imageEnding(bytes), bytes],
        ['cls', Buffer.from(String(fields.label))],
        ['json', Buffer.from(JSON.stringify(fields))],
      ] as const;
      const sample = Buffer.concat(
        await Promise.all(entries.map(([ending, content]) => tarEntry(`${key}.${ending}`, content))),
      );
      if (current && current.size + sample.length + END_BYTES > shardBytes) await end();
      current ??= { file: await open(join(place.aside, `${String(shards++).padStart(6, '0')}.tar`), 'wx'), size: 0 };
      await current.file.appendFile(sample);
      current.size += sample.length;
    },
    finish: async () => {
      await end();
      await place.publish();
    },
    abort: async () => {
      await current?.file.close().catch(() => undefined);
      await place.discard();
    },
  };
}
