import { createRandom, type Engine, type Model, type RgbImage } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { openCpu, tinyModel } from '../../test/tiny.js';
import { cosineSimilarity, createEmbedder, meanEmbedding } from '../index.js';

let engine: Engine;
beforeAll(async () => {
  engine = await openCpu();
});

const image = (seed: number, size: number): RgbImage => ({
  width: size,
  height: size,
  data: Uint8Array.from(
    { length: size * size * 3 },
    (
      (random) => () =>
        random.integer(256)
    )(createRandom(seed)),
  ),
});
const images = (count: number, size = 6): RgbImage[] => Array.from({ length: count }, (_, index) => image(index, size));

test('vectors have length 1 and do not depend on how images are batched', async () => {
  const { params, statistics } = tinyModel.init(createRandom(1));
  const whole = createEmbedder({ engine, model: tinyModel, params, statistics });
  const parts = createEmbedder({ engine, model: tinyModel, params, statistics, batch: 3 });
  const vectors = await whole.embed(images(7));
  expect(vectors).toHaveLength(7);
  for (const vector of vectors) expect(cosineSimilarity(vector, vector)).toBeCloseTo(1, 6);
  expect(await parts.embed(images(7))).toEqual(vectors);
  expect(await parts.embed([])).toEqual([]);
  whole.dispose();
  parts.dispose();
});

test("the embedding is the model's output divided by its length; a larger image is fitted, and a zero vector does not become NaN", async () => {
  // returns the mean colour of its input, which reveals the scaling: (v − 127.5) / 127.5
  const means: Model = {
    inputSize: [2, 2],
    embeddingSize: 3,
    init: () => ({ params: {}, statistics: {} }),
    apply: (_params, statistics, batch) => ({ embeddings: tf.mean(batch, [1, 2]) as tf.Tensor2D, statistics }),
  };
  const embedder = createEmbedder({ engine, model: means, params: {}, statistics: {} });
  const colour = (r: number, g: number, b: number): RgbImage => ({
    width: 8,
    height: 8,
    data: Uint8Array.from({ length: 192 }, (_, i) => [r, g, b][i % 3]),
  });
  const [vector] = await embedder.embed([colour(255, 0, 204)]);
  const length = Math.hypot(1, -1, 0.6);
  [1, -1, 0.6].forEach((value, index) => expect(vector[index]).toBeCloseTo(value / length, 5));
  const [measured] = await embedder.measure([colour(255, 0, 204)]);
  expect(measured.embedding).toEqual(vector);
  expect(measured.length).toBeCloseTo(length, 5);
  const nothing = createEmbedder({
    engine,
    model: {
      ...means,
      apply: (_params, statistics, batch) => ({ embeddings: tf.zeros([batch.shape[0], 3]), statistics }),
    },
    params: {},
    statistics: {},
  });
  expect([...(await nothing.embed([colour(1, 2, 3)]))[0]]).toEqual([0, 0, 0]);
});

test('with flip, the raw embeddings of image and mirror image are added before normalisation', async () => {
  // the left third of the image, so that the mirror image has a different embedding and the longer one weighs more
  const left: Model = {
    inputSize: [2, 3],
    embeddingSize: 3,
    init: () => ({ params: {}, statistics: {} }),
    apply: (_params, statistics, batch) => ({
      embeddings: tf.mean(tf.slice(batch, [0, 0, 0, 0], [-1, -1, 1, -1]), [1, 2]) as tf.Tensor2D,
      statistics,
    }),
  };
  const pixel = [
    [255, 0, 204],
    [9, 9, 9],
    [102, 255, 0],
  ];
  const row = [...pixel[0], ...pixel[1], ...pixel[2]];
  const picture: RgbImage = { width: 3, height: 2, data: Uint8Array.from([...row, ...row]) };
  const scaled = (colour: number[]): number[] => colour.map((value) => (value - 127.5) / 127.5);
  const sum = scaled(pixel[0]).map((value, i) => value + scaled(pixel[2])[i]);
  const embedder = createEmbedder({ engine, model: left, params: {}, statistics: {}, flip: true });
  const [vector, other] = await embedder.embed([picture, { ...picture, data: picture.data.toReversed() }]);
  sum.forEach((value, i) => expect(vector[i]).toBeCloseTo(value / Math.hypot(...sum), 5));
  expect(cosineSimilarity(other, other)).toBeCloseTo(1, 6);
  embedder.dispose();
});

test('the mean of embeddings has length 1', () => {
  expect([...meanEmbedding([Float32Array.of(1, 0), Float32Array.of(0, 1)])]).toEqual([
    expect.closeTo(Math.SQRT1_2, 6),
    expect.closeTo(Math.SQRT1_2, 6),
  ]);
  expect([...meanEmbedding([Float32Array.of(1, 0), Float32Array.of(-1, 0)])]).toEqual([0, 0]);
});

test('a disposed embedder holds nothing on the device', async () => {
  const before = tf.memory().numTensors;
  const embedder = createEmbedder({ engine, model: tinyModel, ...tinyModel.init(createRandom(1)) });
  await embedder.embed(images(2));
  expect(tf.memory().numTensors).toBeGreaterThan(before);
  embedder.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
