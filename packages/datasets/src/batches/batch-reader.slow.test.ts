/**
 * Batches read by threads, compared with the same images read one by one. Slow because the threads run the built
 * package.
 */
import { createRandom, FacewrightError, releaseArray, type Dataset, type PreparationSummary } from '@facewright/core';
import { decodeImage, fitPixels, mirrorPixels } from '@facewright/platform';
import { encodeImage } from '@facewright/platform/node';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/files.js';
import { openDataset } from '../dataset/open.js';
import { createDatasetWriter } from '../dataset/writer.js';
import { openBatchDecoder } from './batch-decoder.js';

const root = temporaryFolder();
const COUNT = 90;
const WANTED = [16, 16] as const;
/** Some already have the wanted size, others have to be fitted. */
const SIZES = [
  [16, 16],
  [24, 18],
  [9, 16],
] as const;
const SUMMARY: PreparationSummary = {
  photos: COUNT,
  kept: COUNT,
  dropped: 0,
  reasons: {},
  perTier: {},
  identities: 7,
  images: COUNT,
  alignment: { fingerprint: 'five-point-112', size: 112 },
  seed: 1,
  seconds: 1,
};

/** Noise in several sizes, in shards of a few images. */
async function writeDataset(name: string, format: 'jpeg' | 'png'): Promise<string> {
  const directory = join(root, name);
  const writer = await createDatasetWriter(directory, { format, shardBytes: 20_000 });
  const random = createRandom('batches');
  for (let i = 0; i < COUNT; i++) {
    const [width, height] = SIZES[i % SIZES.length];
    await writer.add(
      { identity: `person ${i % 7}`, source: `photo ${i}`, kind: 'original' },
      { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) },
    );
  }
  await writer.finish(SUMMARY);
  return directory;
}

const opened: Dataset[] = [];
async function open(directory: string): Promise<Dataset> {
  const dataset = await openDataset(directory);
  opened.push(dataset);
  return dataset;
}
afterEach(async () => {
  for (const dataset of opened.splice(0)) await dataset.close();
});

/** The same, read the simple way. */
async function oneByOne(dataset: Dataset, samples: readonly number[], mirrored: readonly boolean[]): Promise<Buffer> {
  const images: Uint8Array[] = [];
  for (const [index, sample] of samples.entries()) {
    const pixels = fitPixels(await dataset.read(sample), WANTED).slice();
    if (mirrored[index]) mirrorPixels(pixels, WANTED[1]);
    images.push(pixels);
  }
  return Buffer.concat(images);
}

describe.each(['jpeg', 'png'] as const)('%s', (format) => {
  test('any number of threads gives the bytes of images read one by one, in order', async () => {
    const dataset = await open(await writeDataset(`order-${format}`, format));
    const random = createRandom(format);
    const samples = Array.from({ length: 200 }, () => random.integer(COUNT));
    const mirrored = samples.map(() => random.uniform() < 0.5);
    const expected = await oneByOne(dataset, samples, mirrored);
    for (const threads of [1, 2, 3]) {
      const reader = dataset.openBatchReader!({ size: WANTED, threads });
      const [all, none, few] = await Promise.all([
        reader.read(samples, mirrored),
        reader.read([]),
        reader.read(samples.slice(0, 3), mirrored),
      ]);
      expect(Buffer.from(all).equals(expected), `${threads} threads`).toBe(true);
      expect(none).toHaveLength(0);
      expect(Buffer.from(few).equals(expected.subarray(0, few.length))).toBe(true);
      await reader.close();
    }
  });
});

test('a damaged image is the same error as without threads; the reader keeps working', async () => {
  const directory = await writeDataset('damaged', 'jpeg');
  const shard = join(directory, readdirSync(directory).filter((name) => name.endsWith('.tar'))[0]);
  const bytes = readFileSync(shard);
  bytes[600] ^= 1; // in the first image: a tar header has 512 bytes
  writeFileSync(shard, bytes);
  const dataset = await open(directory);
  const told = await dataset.read(0).catch((error: unknown) => error);
  expect(told).toBeInstanceOf(FacewrightError);
  const reader = dataset.openBatchReader!({ size: WANTED, threads: 2 });
  await expect(reader.read([1, 0, 2])).rejects.toEqual(told);
  expect(Buffer.from(await reader.read([1, 2])).equals(await oneByOne(dataset, [1, 2], []))).toBe(true);
  await reader.close();
});

test('a released batch gives its memory to a later one; batches in use keep their bytes', async () => {
  const dataset = await open(await writeDataset('released', 'jpeg'));
  const reader = dataset.openBatchReader!({ size: WANTED, threads: 2 });
  const random = createRandom('released');
  const held: { bytes: Uint8Array; expected: Buffer }[] = [];
  const buffers = new Set<ArrayBufferLike>();
  for (let round = 0; round < 30; round++) {
    const samples = Array.from({ length: round % 5 ? 40 : 30 }, () => random.integer(COUNT));
    const mirrored = samples.map(() => random.uniform() < 0.5);
    const bytes = await reader.read(samples, mirrored);
    buffers.add(bytes.buffer);
    held.push({ bytes, expected: await oneByOne(dataset, samples, mirrored) });
    for (const one of held) expect(Buffer.from(one.bytes).equals(one.expected)).toBe(true);
    if (held.length === 3) releaseArray(held.splice(random.integer(3), 1)[0].bytes);
  }
  expect(buffers.size).toBeLessThan(9);
  await reader.close();
});

test('a nonexistent image is an error, and closing waits for reads in progress', async () => {
  const dataset = await open(await writeDataset('closing', 'jpeg'));
  const reader = dataset.openBatchReader!({ size: WANTED, threads: 1 });
  await expect(reader.read([COUNT])).rejects.toThrow(RangeError);
  const reads = Array.from({ length: 10 }, () => reader.read(Array.from({ length: COUNT }, (_, i) => i)));
  await reader.close();
  for (const read of reads) expect(await read).toHaveLength(COUNT * 768);
});

describe('images read ahead', () => {
  test('give the same bytes, whatever was read ahead, and are let go of once they are taken', async () => {
    const dataset = await open(await writeDataset('ahead', 'jpeg'));
    const reader = dataset.openBatchReader!({ size: WANTED, threads: 2 });
    const all = Array.from({ length: COUNT }, (_, index) => index);
    const expected = await oneByOne(dataset, all, []);
    const same = async (): Promise<boolean> => Buffer.from(await reader.read(all)).equals(expected);
    await reader.prefetch!(all);
    expect([await same(), await same()]).toEqual([true, true]);
    await reader.prefetch!(all.slice(20, 70).reverse());
    await reader.prefetch!(all.slice(10, 30), { anew: true });
    expect([await same(), await same()]).toEqual([true, true]);
    const random = createRandom('ahead');
    for (let round = 0; round < 20; round++) {
      const some = Array.from({ length: 60 }, () => random.integer(COUNT));
      const mirrored = some.map(() => random.uniform() < 0.5);
      void reader.prefetch!(some.filter(() => random.uniform() < 0.5));
      expect(Buffer.from(await reader.read(some, mirrored)).equals(await oneByOne(dataset, some, mirrored))).toBe(true);
    }
    await reader.close();
  });

  test('come from memory: they can be had even where the files have gone since', async () => {
    const directory = await writeDataset('gone', 'png');
    const dataset = await open(directory);
    const reader = dataset.openBatchReader!({ size: WANTED, threads: 2 });
    const expected = await oneByOne(dataset, [3, 40, 41], []);
    await reader.prefetch!([3, 40, 41]);
    for (const name of readdirSync(directory).filter((file) => file.endsWith('.tar')))
      writeFileSync(join(directory, name), '');
    expect(Buffer.from(await reader.read([3, 40, 41])).equals(expected)).toBe(true);
    await expect(reader.read([3])).rejects.toBeInstanceOf(FacewrightError);
    // what cannot be read ahead is no error before it is asked for
    await reader.prefetch!([5]);
    await expect(reader.read([5])).rejects.toBeInstanceOf(FacewrightError);
    await reader.close();
  });
});

describe('files decoded in threads', () => {
  test('give the pixels that decodeImage gives, in order, and nothing where a file is damaged', async () => {
    const random = createRandom('files');
    const files = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const data = Uint8Array.from({ length: 768 }, () => random.integer(256));
        return encodeImage({ width: 16, height: 16, data }, i % 4 ? 'jpeg' : 'png');
      }),
    );
    files[7] = files[7].subarray(0, files[7].length / 2);
    const expected = await Promise.all(files.map((bytes) => decodeImage(bytes).catch(() => undefined)));
    expect(expected.filter((image) => !image)).toHaveLength(1);
    for (const threads of [1, 3]) {
      const decoder = openBatchDecoder({ size: WANTED, threads });
      const [all, none] = await Promise.all([decoder.decode(files), decoder.decode([])]);
      expect(all.map((image) => image && Buffer.from(image.data))).toEqual(
        expected.map((image) => image && Buffer.from(image.data)),
      );
      expect(none).toEqual([]);
      const last = decoder.decode(files.slice(1, 3));
      await decoder.close();
      expect((await last)[1]!.width).toBe(16);
    }
  });
});
