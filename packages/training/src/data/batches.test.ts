import { createRandom, type InputTensors, type RgbImage } from '@facewright/core';
import { describe, expect, test } from 'vitest';
import { createBatches, type Batches } from './batches.js';
import { createImageStore, inputTensor, type ImageStore } from './images.js';

/** Sample i is one row of two pixels: value i on the left, 255 on the right. */
const pixelsOf = (sample: number): Uint8Array => Uint8Array.of(sample, sample, sample, 255, 255, 255);
const imageOf = async (sample: number): Promise<RgbImage> => ({ width: 2, height: 1, data: pixelsOf(sample) });
const model = { inputSize: [1, 2] as const, inputScale: { offset: 0, scale: 1 } };
const samples = {
  length: 23,
  samples: Uint32Array.from({ length: 23 }, (_, index) => index + 100),
  labels: Uint32Array.from({ length: 23 }, (_, index) => index),
};
const batchesOf = (
  size: number,
  options: { flip?: boolean; seed?: number; read?: (sample: number) => Promise<RgbImage> } = {},
): Batches =>
  createBatches({
    samples,
    store: createImageStore({ read: options.read ?? imageOf }, model, { count: samples.length, cacheBytes: 0 }),
    model,
    size,
    flip: options.flip ?? false,
    random: createRandom(options.seed ?? 1),
  });

const labels = ({ labels }: InputTensors): number[] => [...labels.data];
/** The samples that the images show, and whether they are mirrored. */
const shown = ({ images }: InputTensors): { sample: number; mirrored: boolean }[] =>
  Array.from({ length: images.shape[0] }, (_, index) => {
    const [left, right] = [images.data[index * 6], images.data[index * 6 + 3]];
    return left === 255 ? { sample: right, mirrored: true } : { sample: left, mirrored: false };
  });

async function epochOf(batches: Batches, epoch: number): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < batches.perEpoch; i++) seen.push(...labels(await batches.at(epoch * batches.perEpoch + i)));
  return seen;
}

test('an epoch repeats nothing and skips what does not fill a batch, different images each epoch', async () => {
  const batches = batchesOf(5);
  expect([batches.size, batches.perEpoch]).toEqual([5, 4]);
  const epochs = [await epochOf(batches, 0), await epochOf(batches, 1)];
  for (const seen of epochs) expect(new Set(seen).size).toBe(20);
  expect(epochs[0]).not.toEqual(epochs[1]);
  expect([...epochs[0]].sort()).not.toEqual([...epochs[1]].sort());
});

describe('mistakes of the original project', () => {
  test('labels are one number per image, not a one-hot row over all people', async () => {
    const { labels } = await batchesOf(5).at(0);
    expect([labels.shape, labels.data.constructor]).toEqual([[5], Int32Array]);
  });

  test('images are shuffled across the whole epoch, not within a read-ahead window', async () => {
    const seen = await epochOf(batchesOf(5), 0);
    // sum of the distances between an image's index and its position: about 160 for a random order of 20
    expect(seen.reduce((sum, label, place) => sum + Math.abs(label - place), 0)).toBeGreaterThan(80);
  });
});

test('a batch depends only on its step, not on the steps requested before', async () => {
  const batches = batchesOf(5, { flip: true });
  const inOrder: InputTensors[] = [];
  for (let step = 0; step < 12; step++) inOrder.push(await batches.at(step));
  for (const step of [11, 0, 7]) expect(await batchesOf(5, { flip: true }).at(step)).toEqual(inOrder[step]);
  expect(await batchesOf(5, { flip: true, seed: 2 }).at(0)).not.toEqual(inOrder[0]);
});

test('images and labels match, and about half the images are mirrored, different ones each epoch', async () => {
  const batches = batchesOf(23, { flip: true });
  const mirrored: string[] = [];
  for (let epoch = 0; epoch < 40; epoch++) {
    const batch = await batches.at(epoch);
    const images = shown(batch);
    expect(images.map(({ sample }) => sample - 100)).toEqual(labels(batch));
    mirrored.push(
      images
        .filter((image) => image.mirrored)
        .map(({ sample }) => sample)
        .sort()
        .join(),
    );
  }
  expect(new Set(mirrored).size).toBeGreaterThan(35);
  const share = mirrored.join().split(',').length / (40 * 23);
  expect(share).toBeGreaterThan(0.45);
  expect(share).toBeLessThan(0.55);
  expect(shown(await batchesOf(23).at(0)).some((image) => image.mirrored)).toBe(false);
});

test('reads two batches ahead and no more, and keeps a failure until its batch is requested', async () => {
  let reads = 0;
  const read = async (sample: number): Promise<RgbImage> => {
    if (++reads > 10) throw new Error('unreadable');
    return imageOf(sample);
  };
  const batches = batchesOf(5, { read });
  await batches.at(0);
  expect(reads).toBe(15);
  await batches.at(1);
  await expect(batches.at(2)).rejects.toThrow('unreadable');
  await batches.close();
});

test('an image is decoded once if all fit in memory, and every time otherwise', async () => {
  let reads = 0;
  const dataset = {
    read: async () => {
      reads++;
      return { width: 2, height: 1, data: pixelsOf(1) };
    },
  };
  for (const [bytes, expected] of [
    [12, 1],
    [11, 2],
  ]) {
    reads = 0;
    const store = createImageStore(dataset, model, { count: 2, cacheBytes: bytes });
    await store.read([1]);
    expect(await store.read([1])).toEqual(pixelsOf(1));
    expect(reads).toBe(expected);
  }
});

test("a set that does not fit in memory is read by the dataset's own threads, if it has them", async () => {
  const opened: unknown[] = [];
  const reader = { read: async () => Uint8Array.of(7), close: async () => undefined };
  const dataset = {
    read: imageOf,
    openBatchReader: (options: unknown) => {
      opened.push(options);
      return reader;
    },
  };
  expect(createImageStore(dataset, model, { count: 2, cacheBytes: 11, workers: 3 })).toBe(reader);
  expect(opened).toEqual([{ size: [1, 2], threads: 3 }]);
  expect(await createImageStore(dataset, model, { count: 2, cacheBytes: 12 }).read([5])).toEqual(pixelsOf(5));
  expect(opened).toHaveLength(1);
});

test('with a buffer, images are read ahead in the order of their files, and anew after a step back', async () => {
  const asked: { samples: number[]; anew?: boolean }[] = [];
  const held = new Set<number>();
  const open = (prefetches: boolean): Batches => {
    const plain = createImageStore({ read: imageOf }, model, { count: samples.length, cacheBytes: 0 });
    const store: ImageStore = {
      ...plain,
      read: (wanted, mirrored) => {
        if (prefetches) for (const sample of Array.from(wanted)) expect(held.delete(sample)).toBe(true);
        return plain.read(wanted, mirrored);
      },
      ...(prefetches && {
        prefetch: async (list: ArrayLike<number>, { anew }: { anew?: boolean } = {}) => {
          asked.push({ samples: Array.from(list), anew });
          if (anew) held.clear();
          for (const sample of Array.from(list)) held.add(sample);
        },
      }),
    };
    const fileOf = (index: number): number => Math.floor(index / 6);
    return createBatches({
      samples,
      store,
      model,
      size: 5,
      flip: true,
      random: createRandom(1),
      order: { buffer: 8 },
      fileOf,
    });
  };
  const [plain, ahead] = [open(false), open(true)];
  for (const step of [0, 1, 2, 3, 4, 5, 1, 2, 3]) expect(await ahead.at(step)).toEqual(await plain.at(step));
  expect(asked.flatMap(({ anew }, place) => (anew ? [place] : []))).toEqual([0, 8]);
  const [first] = asked;
  expect(first.samples).toHaveLength(20); // three of the 23 fill no batch
  const jumps = first.samples.filter((sample, place) => place > 0 && sample < first.samples[place - 1]);
  expect(jumps.length).toBeLessThan(4); // five files
  await ahead.close();
});

test('mirrored images are flipped, the others are not', async () => {
  const store = createImageStore({ read: imageOf }, model, { count: 2 });
  expect([...(await store.read([3, 4], [true, false]))]).toEqual([255, 255, 255, 3, 3, 3, 4, 4, 4, 255, 255, 255]);
});

test('pixels are scaled to [−1, 1], or as the model specifies', () => {
  const plain = inputTensor(Uint8Array.of(0, 255, 127, 128, 51, 204), { inputSize: [1, 2] });
  expect(plain.shape).toEqual([1, 1, 2, 3]);
  [-1, 1, -0.5 / 127.5, 0.5 / 127.5, -0.6, 0.6].forEach((value, index) =>
    expect(plain.data[index]).toBeCloseTo(value, 6),
  );
  expect([...inputTensor(pixelsOf(3), model).data]).toEqual([3, 3, 3, 255, 255, 255]);
});
