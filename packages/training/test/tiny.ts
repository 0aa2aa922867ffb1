/**
 * The smallest parts that still exercise everything in a training: a conv net with running statistics, two heads, a
 * dataset of coloured squares.
 */
import { cpu } from '@facewright/backend-cpu';
import {
  batchNormTraining,
  createRandom,
  filled,
  hostTensor,
  sampleColumns,
  softmaxCrossEntropy,
  type Dataset,
  type Engine,
  type HostTensor,
  type Loss,
  type Model,
  type Random,
  type RgbImage,
  type Sample,
} from '@facewright/core';
import { openEngine } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';

export const openCpu = (): Promise<Engine> => openEngine(cpu());

export const normal = (shape: readonly number[], deviation: number, random: Random): HostTensor =>
  hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => deviation * random.normal()),
  );

const MOMENTUM = 0.9;

/** 6×6 pixels, a 3×3 convolution, batch norm, and a matrix to 4 numbers. */
export const tinyModel: Model = {
  inputSize: [6, 6],
  embeddingSize: 4,
  init: (random) => ({
    params: {
      'stem/kernel': normal([3, 3, 3, 4], 0.3, random.fork('kernel')),
      'stem/gamma': filled([4], 1),
      'stem/beta': filled([4], 0),
      'out/kernel': normal([16, 4], 0.3, random.fork('out')),
    },
    statistics: { 'stem/mean': filled([4], 0), 'stem/variance': filled([4], 1) },
  }),
  apply(params, statistics, images, mode) {
    const x = tf.conv2d(images, params['stem/kernel'] as tf.Tensor4D, 2, 'valid');
    const [gamma, beta] = [params['stem/gamma'] as tf.Tensor1D, params['stem/beta'] as tf.Tensor1D];
    const out = (y: tf.Tensor): tf.Tensor2D =>
      tf.matMul(tf.reshape(tf.relu(y), [-1, 16]), params['out/kernel'] as tf.Tensor2D);
    if (mode === 'infer') {
      const scale = tf.mul(gamma, tf.rsqrt(tf.add(statistics['stem/variance'], 1e-3)));
      return { embeddings: out(tf.add(tf.mul(tf.sub(x, statistics['stem/mean']), scale), beta)), statistics };
    }
    const { y, mean, variance } = batchNormTraining(x, gamma, beta);
    const moved = (former: tf.Tensor, now: tf.Tensor): tf.Tensor =>
      tf.add(tf.mul(former, MOMENTUM), tf.mul(now, 1 - MOMENTUM));
    return {
      embeddings: out(y),
      statistics: {
        'stem/mean': moved(statistics['stem/mean'], mean),
        'stem/variance': moved(statistics['stem/variance'], variance),
      },
    };
  },
  groupOf: (name) => (name.startsWith('out/') ? 'afterGlobal' : undefined),
};

const meanLoss = (logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar =>
  tf.mean(softmaxCrossEntropy(logits, labels)) as tf.Scalar;

/** Softmax over a matrix. */
export const linearLoss: Loss = {
  init: (identities, embeddingSize, random) => ({
    params: { kernel: normal([embeddingSize, identities], 0.3, random) },
    statistics: {},
  }),
  centres: (params) => params.kernel,
  apply(params, _statistics, embeddings, labels) {
    const logits: tf.Tensor2D = tf.matMul(embeddings, params.kernel as tf.Tensor2D);
    return { loss: meanLoss(logits, labels), logits };
  },
};

const unit = (x: tf.Tensor2D, axis: number): tf.Tensor2D =>
  tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), axis, true), 1e-12)));

/** Softmax over cosines with an additive margin of 0.1. The head counts its calls in its statistics. */
export const cosineLoss: Loss = {
  init: (identities, embeddingSize, random) => ({
    params: { centres: normal([embeddingSize, identities], 0.3, random) },
    statistics: { calls: filled([], 0) },
  }),
  centres: (params) => params.centres,
  adopt: (centres) => ({ centres }),
  apply(params, statistics, embeddings, labels) {
    const logits = tf.mul(tf.matMul(unit(embeddings, 1), unit(params.centres as tf.Tensor2D, 0)), 8) as tf.Tensor2D;
    const margin = tf.mul(tf.oneHot(labels, logits.shape[1]), 0.8);
    return {
      loss: meanLoss(tf.sub(logits, margin), labels),
      logits,
      statistics: { calls: tf.add(statistics.calls, 1) },
    };
  },
};

/** `people` people with `photos` photos each, with one augmented copy of each: noisy squares in a person's colour. */
export function tinyDataset(people: number, photos: number, size = 6): Dataset {
  const samples: Sample[] = [];
  for (let label = 0; label < people; label++) {
    for (let photo = 0; photo < photos; photo++) {
      for (const kind of ['original', 'noise'])
        samples.push({ identity: `person ${label}`, source: `person ${label}/${photo}.jpg`, kind });
    }
  }
  const read = async (index: number): Promise<RgbImage> => {
    const label = Math.floor(index / (2 * photos));
    const random = createRandom(`image ${index}`);
    const colour = [0, 1, 2].map((channel) => createRandom(`colour ${label} ${channel}`).integer(256));
    const data = Uint8Array.from({ length: size * size * 3 }, (_, i) =>
      Math.min(255, Math.max(0, colour[i % 3] + 20 * random.normal())),
    );
    return { width: size, height: size, data };
  };
  return {
    ...sampleColumns(samples),
    directory: 'tiny',
    summary: {
      photos: people * photos,
      kept: people * photos,
      dropped: 0,
      reasons: {},
      perTier: {},
      identities: people,
      images: samples.length,
      alignment: { fingerprint: 'tiny', size },
      seed: 1,
      seconds: 0,
    },
    read,
    exclusions: async function* () {},
    close: async () => undefined,
  };
}
