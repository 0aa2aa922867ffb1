/** Class centres computed from embeddings: the mean over each person's first images, in label order. */
import { createRandom, type Engine, type RunEvent } from '@facewright/core';
import { beforeAll, expect, test } from 'vitest';
import { recorded } from '../../test/recorded.js';
import { openCpu, tinyDataset, tinyModel } from '../../test/tiny.js';
import { createImageStore, type ImageStore } from '../data/images.js';
import type { LabelledSamples } from '../data/training-set.js';
import { createEmbedder, meanEmbedding } from '../evaluation/embedder.js';
import { classMeans } from './class-means.js';

let engine: Engine;
let open = 0;
beforeAll(async () => {
  const whole = await openCpu();
  // counts what was compiled but not disposed
  engine = {
    ...whole,
    compile: (...args) => {
      const executable = whole.compile(...args);
      open++;
      return { ...executable, dispose: () => (open--, executable.dispose()) };
    },
  };
});

const dataset = tinyDataset(4, 9); // 18 images per person
const { length, labels } = dataset;
const samples: LabelledSamples = { length, labels, samples: Uint32Array.from({ length }, (_, index) => index) };
const weights = tinyModel.init(createRandom(7));

async function meansFor(labels: readonly number[]): Promise<{ columns: number[][]; events: RunEvent[] }> {
  const { events, emit } = recorded();
  const store = createImageStore(dataset, tinyModel, { count: samples.length });
  const { shape, data } = await classMeans(weights, labels, { engine, model: tinyModel, samples, store, emit });
  expect(shape).toEqual([4, labels.length]);
  const columns = labels.map((_, column) => Array.from({ length: 4 }, (__, row) => data[row * labels.length + column]));
  return { columns, events };
}

test('are the means of the first ten images of each person, computed only for the requested people', async () => {
  const embedder = createEmbedder({ engine, model: tinyModel, ...weights });
  const { columns, events } = await meansFor([2, 0, 1, 3]);
  for (const [column, label] of [2, 0, 1, 3].entries()) {
    const own = [...samples.samples].filter((sample) => labels[sample] === label).slice(0, 10);
    const images = await Promise.all(own.map((sample) => dataset.read(sample)));
    const expected = meanEmbedding(await embedder.embed(images));
    columns[column].forEach((value, row) => expect(value).toBeCloseTo(expected[row], 5));
    expect(Math.hypot(...columns[column])).toBeCloseTo(1, 5);
  }
  embedder.dispose();
  // 40 images in batches of 32
  expect(events.map((event) => event.type === 'progress' && [event.done, event.total])).toEqual([
    [32, 40],
    [40, 40],
  ]);
  const { columns: one, events: few } = await meansFor([1]);
  one[0].forEach((value, row) => expect(value).toBeCloseTo(columns[2][row], 5));
  expect(few.map((event) => event.type === 'progress' && [event.done, event.total])).toEqual([[10, 10]]);
});

test('leave nothing on the device, even if an image cannot be read', async () => {
  await meansFor([0]);
  expect(open).toBe(0);
  const store: ImageStore = { read: () => Promise.reject(new Error('the disk is gone')), close: async () => {} };
  const { emit } = recorded();
  await expect(classMeans(weights, [0], { engine, model: tinyModel, samples, store, emit })).rejects.toThrow(
    'the disk',
  );
  expect(open).toBe(0);
});
