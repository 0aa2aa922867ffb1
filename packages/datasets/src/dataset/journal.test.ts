/**
 * A suspended preparation continues: complete shards are kept, incomplete ones are written again, and the dataset is
 * the same in the end.
 */
import type { EncodedSample, PreparationSummary } from '@facewright/core';
import { existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/files.js';
import { createDatasetWriter, type EncodedDatasetWriter } from './writer.js';

const root = temporaryFolder();
const SUMMARY: PreparationSummary = {
  photos: 5,
  kept: 5,
  dropped: 0,
  reasons: {},
  perTier: {},
  identities: 3,
  images: 5,
  alignment: { fingerprint: 'five-point-112', size: 112 },
  seed: 1,
  seconds: 1,
};
/** One photo fills a shard. */
const SHARD_BYTES = 3000;
const PEOPLE = ['Ann', 'Ann', 'Bob', 'Ann', 'Cid'];
const photo = (index: number): EncodedSample[] => [
  {
    sample: { identity: PEOPLE[index], source: `${PEOPLE[index]}/${index}.png`, kind: 'original' },
    bytes: Uint8Array.from({ length: 1000 }, (_, at) =>
      at < 4 ? [0x89, 0x50, 0x4e, 0x47][at] : (at * (index + 1)) % 256,
    ),
  },
];
const open = (name: string): Promise<EncodedDatasetWriter> =>
  createDatasetWriter(join(root, name), { format: 'png', shardBytes: SHARD_BYTES });
async function add(writer: EncodedDatasetWriter, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) await writer.addPhoto(photo(index), { photo: index }, 'encoder 1');
}
/** The notes of what a writer resumes. */
async function notesOf(writer: EncodedDatasetWriter, key = 'key'): Promise<unknown[]> {
  const { count, notes } = await writer.resume(key);
  const found: unknown[] = [];
  for await (const note of notes()) found.push(note);
  expect(found).toHaveLength(count);
  return found;
}
/** All files of a finished dataset. */
const filesOf = (name: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(root, name))
      .sort()
      .map((file) => [file, readFileSync(join(root, name, file), 'latin1')]),
  );
/** Shards and their notes. */
const shardsIn = (directory: string): string[] =>
  readdirSync(directory)
    .filter((file) => file.startsWith('shard-'))
    .sort();
const leftover = (name: string): string => join(root, `${name}.partial`);

test.each([1, 2, 3, 4, 5])('if suspended after %i photos, it continues after the complete shards', async (done) => {
  const whole = `uninterrupted-${done}`;
  const plain = await open(whole);
  await plain.resume('key');
  await add(plain, 0, 5);
  await plain.finish(SUMMARY);

  const name = `suspended-${done}`;
  const first = await open(name);
  expect(await notesOf(first)).toEqual([]);
  await add(first, 0, done);
  await first.suspend();
  // the last photo's shard was still open
  expect(existsSync(leftover(name))).toBe(done > 1);

  // resumed and suspended before anything is added: nothing is lost
  const notes = Array.from({ length: 5 }, (_, photo) => ({ photo }));
  const second = await open(name);
  expect(await notesOf(second)).toEqual(notes.slice(0, done - 1));
  await second.suspend();
  expect(existsSync(leftover(name))).toBe(done > 1);

  // a shard more, and suspended again
  const third = await open(name);
  expect(await notesOf(third)).toEqual(notes.slice(0, done - 1));
  await add(third, done - 1, Math.min(done + 1, 5));
  await third.suspend();
  expect(existsSync(leftover(name))).toBe(true);

  const last = await open(name);
  const kept = Math.min(done, 4);
  expect(await notesOf(last)).toEqual(notes.slice(0, kept));
  await add(last, kept, 5);
  await last.finish(SUMMARY);
  expect(filesOf(name)).toEqual(filesOf(whole));
  expect(existsSync(leftover(name))).toBe(false);
});

test('the record lists the people in label order and the encoder', async () => {
  const writer = await open('record');
  await writer.resume('key');
  await add(writer, 0, 5);
  await writer.finish(SUMMARY);
  const record = JSON.parse(filesOf('record')['dataset.json']) as { identities: string[]; image: object };
  expect(record.identities).toEqual(['Ann', 'Bob', 'Cid']);
  expect(record.image).toEqual({ format: 'png', encoder: 'encoder 1' });
  expect(Object.keys(filesOf('record')).filter((file) => file.endsWith('.json'))).toEqual(['dataset.json']);
});

test.each([
  ['another key', { key: 'other' }],
  ['other shards', { shardBytes: SHARD_BYTES + 1 }],
  ['another format', { format: 'jpeg' as const }],
])(
  'a preparation with %s starts from the beginning',
  async (
    what,
    {
      key = 'key',
      shardBytes = SHARD_BYTES,
      format = 'png' as const,
    }: { key?: string; shardBytes?: number; format?: 'png' | 'jpeg' },
  ) => {
    const directory = join(root, `anew-${what}`);
    const first = await createDatasetWriter(directory, { format: 'png', shardBytes: SHARD_BYTES });
    await first.resume('key');
    await add(first, 0, 3);
    await first.suspend();
    const second = await createDatasetWriter(directory, { format, shardBytes });
    expect(await notesOf(second, key)).toEqual([]);
    expect(shardsIn(`${directory}.partial`)).toEqual([]);
    await second.abort();
  },
);

test('a damaged shard and all later ones are written again', async () => {
  const first = await open('damaged');
  await first.resume('key');
  await add(first, 0, 5);
  await first.suspend();
  truncateSync(join(leftover('damaged'), 'shard-00001.tar'), 100);
  const second = await open('damaged');
  expect(await notesOf(second)).toEqual([{ photo: 0 }]);
  expect(shardsIn(leftover('damaged'))).toEqual(['shard-00000.json', 'shard-00000.tar']);
  await second.abort();
});

test('without resume there is no journal: suspending means aborting', async () => {
  const writer = await open('without');
  await add(writer, 0, 3);
  expect(readdirSync(leftover('without')).filter((file) => file.endsWith('.json'))).toEqual([]);
  await writer.suspend();
  expect(existsSync(leftover('without'))).toBe(false);
});

test('only a writer without any data can resume', async () => {
  const writer = await open('late');
  await add(writer, 0, 1);
  await expect(writer.resume('key')).rejects.toThrow('before anything is added');
  await writer.abort();
  await expect(writer.resume('key')).rejects.toThrow('before anything is added');
});
