/** The faces of a prepared dataset: its files stay open for their crops, and no longer. */
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEventStream, type RgbImage } from '@facewright/core';
import { createDatasetWriter } from '@facewright/datasets';
import type { Recogniser } from '@facewright/recognise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collectFaces } from './collect-faces.js';
import type { OpenRecogniser } from './open-recogniser.js';

const SIZE = 16;
const image: RgbImage = { width: SIZE, height: SIZE, data: new Uint8Array(SIZE * SIZE * 3).fill(90) };
const alignment = { fingerprint: 'upright', size: SIZE };

let root: string;
let path: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'facewright faces '));
  path = join(root, 'dataset');
  const writer = await createDatasetWriter(path);
  for (const identity of ['ada', 'bo'])
    for (const photo of [1, 2])
      await writer.add({ identity, source: `${identity}/${photo}.jpg`, kind: 'original' }, image);
  const counts = { photos: 4, kept: 4, dropped: 0, identities: 2, images: 4, seed: 1, seconds: 1 };
  await writer.finish({ ...counts, reasons: {}, perTier: {}, alignment });
});
afterAll(() => rm(root, { recursive: true }));

type Faces = Awaited<ReturnType<Recogniser['faces']>>;

/** Finds one face in each photo; `fails` at the last one. */
function opened(fails = false): OpenRecogniser {
  const faces = async () => [{ crop: image, embedding: new Float32Array(2), embeddingLength: 1 }] as unknown as Faces;
  const recogniser = {
    card: { alignment },
    faces,
    async *facesOfAll<T>(items: AsyncIterable<T>, open: (item: T) => Promise<Uint8Array>) {
      for await (const item of items) {
        await open(item);
        yield { item, faces: await faces() };
      }
      if (fails) throw new Error('the engine failed');
    },
  } as unknown as Recogniser;
  return { recogniser, events: createEventStream() } as OpenRecogniser;
}

/** The dataset's files that this process has open, on Linux. */
const openFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((number) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${number}`);
      return target.startsWith(path) ? [target] : [];
    } catch {
      return [];
    }
  });
const signal = new AbortController().signal;

test.skipIf(process.platform !== 'linux')(
  'crops can be computed until the faces are closed, and then nothing is open',
  async () => {
    const { photos, close } = await collectFaces(path, opened(), signal);
    expect(photos.map(({ source }) => source)).toEqual(['ada/1.jpg', 'ada/2.jpg', 'bo/1.jpg', 'bo/2.jpg']);
    expect(await photos[3].crop()).toBe(image);
    expect(openFiles()).not.toEqual([]);
    await close();
    await expect(photos[3].crop()).rejects.toThrow('the dataset is closed');
    expect(openFiles()).toEqual([]);
  },
);

test.skipIf(process.platform !== 'linux')('nothing stays open after an error', async () => {
  await expect(collectFaces(path, opened(true), signal)).rejects.toThrow('the engine failed');
  expect(openFiles()).toEqual([]);
});
