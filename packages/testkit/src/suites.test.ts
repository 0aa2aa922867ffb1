/** Every suite passes on a small part that is obviously correct. */
import {
  createRandom,
  definePlugin,
  filled,
  hostTensor,
  landmarkPoints,
  landmarksFrom,
  openEagerEngine,
  softmaxCrossEntropy,
  type Engine,
  type HostTensors,
  type Landmarks,
  type RgbImage,
  type State,
} from '@facewright/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll } from 'vitest';
import { z } from 'zod';
import {
  localClusters,
  testAligner,
  testAugmenter,
  testCluster,
  testDetector,
  testLoss,
  testModel,
  testOptimiser,
  testReader,
} from './index.js';

beforeAll(() => tf.env().set('PROD', true)); // silences the message on first use
const engine = (): Promise<Engine> => openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'plain JavaScript' });
const meta = <K extends string>(kind: K) => ({ name: 'plain', kind, version: '0.0.0', apiVersion: 1 as const });
const options = z.strictObject({});
const normal = (shape: number[], random = createRandom(1)) =>
  hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.3 * random.normal()),
  );

for (const ranks of [1, 2, 5])
  testCluster(
    definePlugin({
      meta: meta('cluster'),
      options,
      create: () => ({
        probe: async () => ({ usable: true, device: 'this process' }),
        open: async () => localClusters(1)[0],
      }),
    })(),
    { name: `plain, of ${ranks}`, open: async () => localClusters(ranks) },
  );

testLoss(
  definePlugin({
    meta: meta('loss'),
    options,
    create: () => ({
      init: (identities, embeddingSize, random) => ({
        params: { kernel: normal([embeddingSize, identities], random) },
        statistics: {},
      }),
      centres: ({ kernel }: HostTensors) => kernel,
      adopt: (kernel) => ({ kernel }),
      apply: ({ kernel }: State, _, embeddings, labels) => {
        const logits = tf.matMul(embeddings, kernel as tf.Tensor2D) as tf.Tensor2D;
        return { loss: tf.mean(softmaxCrossEntropy(logits, labels)) as tf.Scalar, logits };
      },
    }),
  })(),
  { engine },
);

testModel(
  definePlugin({
    meta: meta('model'),
    options,
    create: () => ({
      inputSize: [4, 4] as const,
      embeddingSize: 5,
      init: (random) => ({ params: { kernel: normal([48, 5], random) }, statistics: { mean: filled([48], 0) } }),
      apply: ({ kernel }: State, { mean }: State, images, mode) => {
        const flat = tf.reshape(images, [-1, 48]);
        const batchMean = tf.mean(flat, 0);
        const embeddings = tf.matMul(
          tf.sub(flat, mode === 'train' ? batchMean : mean) as tf.Tensor2D,
          kernel as tf.Tensor2D,
        ) as tf.Tensor2D;
        return {
          embeddings,
          statistics: { mean: mode === 'train' ? tf.add(tf.mul(mean, 0.9), tf.mul(batchMean, 0.1)) : mean },
        };
      },
    }),
  })(),
  { engine },
);

testOptimiser(
  definePlugin({
    meta: meta('optimiser'),
    options,
    create: () => ({
      init: () => ({}),
      update: ({ params, gradients, rate }) => ({
        params: Object.fromEntries(
          Object.keys(params).map((name) => [name, tf.sub(params[name], tf.mul(gradients[name], rate))]),
        ),
        memory: {},
      }),
    }),
  })(),
  { engine },
);

testAugmenter(
  definePlugin({
    meta: meta('augmenter'),
    options,
    create: () => ({ augment: (image: RgbImage) => ({ ...image, data: image.data.map((value) => 255 - value) }) }),
  })(),
);

const template = landmarksFrom([
  [38.3, 51.7],
  [73.5, 51.5],
  [56, 71.7],
  [41.5, 92.4],
  [70.7, 92.2],
]);
testAligner(
  definePlugin({ meta: meta('aligner'), options, create: () => ({ fingerprint: 'plain', size: 112, align }) })(),
  { template },
);

testDetector(
  definePlugin({
    meta: meta('detector'),
    options,
    create: () => ({ detect: async () => [], detectBatch: async (images) => images.map(() => []) }),
  })(),
);

testReader(
  () =>
    definePlugin({
      meta: meta('reader'),
      options,
      create: () => ({
        async *identities() {
          for (const identity of ['Ann', 'Ben'])
            yield {
              name: identity,
              photos: [1, 2].map((n) => ({
                id: `${identity}/${n}.jpg`,
                identity,
                bytes: async () => Uint8Array.of(n),
              })),
            };
        },
      }),
    })(),
  { name: 'plain', expected: { Ann: 2, Ben: 2 } },
);

/**
 * Derives the similarity from the two points farthest apart, which is enough if the five are an exact similarity of the
 * template.
 */
function align(image: RgbImage, landmarks: Landmarks): RgbImage {
  const [from, to] = [landmarkPoints(template), landmarkPoints(landmarks)];
  const [dx, dy, ex, ey] = [from[4][0] - from[0][0], from[4][1] - from[0][1], to[4][0] - to[0][0], to[4][1] - to[0][1]];
  const length = dx * dx + dy * dy;
  const [a, b] = [(ex * dx + ey * dy) / length, (ey * dx - ex * dy) / length];
  const data = new Uint8Array(112 * 112 * 3);
  const pixel = (x: number, y: number, channel: number): number =>
    x < 0 || y < 0 || x >= image.width || y >= image.height ? 0 : image.data[(y * image.width + x) * 3 + channel];
  for (let i = 0; i < data.length; i++) {
    const [u, v] = [(Math.floor(i / 3) % 112) - from[0][0], Math.floor(i / 336) - from[0][1]];
    const [x, y] = [to[0][0] + a * u - b * v, to[0][1] + b * u + a * v];
    const [x0, y0] = [Math.floor(x), Math.floor(y)];
    const mix = (row: number): number => pixel(x0, row, i % 3) * (1 - x + x0) + pixel(x0 + 1, row, i % 3) * (x - x0);
    data[i] = Math.round(mix(y0) * (1 - y + y0) + mix(y0 + 1) * (y - y0));
  }
  return { width: 112, height: 112, data };
}
