/**
 * Sub-centre ArcFace (Deng, Guo, Liu, Gong and Zafeiriou, ECCV 2020, eq. 3): every identity has k centres, of which the
 * nearest is used,
 *
 *   cos θ_j = max_k cos∠(x, w_{jk})
 *
 * followed by ArcFace's margin. Clean photos gather around one sub-centre, mislabelled or hard ones around the others,
 * so the photos need not be cleaned first. It counts how often each sub-centre was nearest to a photo of its identity;
 * the most used one becomes the identity's centre.
 */
import {
  createRandom,
  definePlugin,
  filled,
  hostTensor,
  targetEntry,
  type HostTensor,
  type Loss,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { firstCentres, unitColumns } from './centres.js';
import { meanCrossEntropy } from './cross-entropy.js';
import { filterAbove, filtered, lookAlikes } from './filter.js';
import { angularShift, beyondRule, cosineLogits, scale, shiftTarget } from './margin.js';
import { sampled, sampleRate } from './sampling.js';
import { VERSION } from './version.js';

/** The columns `k·identities + j` of `all`, where k = `pick(j)`, as [embeddingSize, identities]. */
function picked(all: HostTensor, identities: number, pick: (identity: number) => number): HostTensor {
  const [rows, columns] = all.shape;
  const chosen = Array.from({ length: identities }, (_, j) => pick(j) * identities + j);
  return hostTensor(
    [rows, identities],
    Float32Array.from(
      { length: rows * identities },
      (_, i) => all.data[Math.floor(i / identities) * columns + chosen[i % identities]],
    ),
  );
}

/** The first sub-centres are the given ones. The others have random directions, where outlier photos can find them. */
function adopted(centres: HostTensor, k: number): HostTensor {
  const [rows, identities] = centres.shape;
  const first = unitColumns(centres).data;
  const others = unitColumns(firstCentres(rows, (k - 1) * identities, createRandom('sub-centres'))).data;
  const data = new Float32Array(rows * k * identities);
  for (let row = 0; row < rows; row++) {
    data.set(first.subarray(row * identities, (row + 1) * identities), row * k * identities);
    data.set(
      others.subarray(row * (k - 1) * identities, (row + 1) * (k - 1) * identities),
      row * k * identities + identities,
    );
  }
  return hostTensor([rows, k * identities], data);
}

/**
 * The `sub-centre-arcface` loss plugin. Parameter: `centres` [embeddingSize, k·identities]: the first sub-centres of
 * all identities, then the second ones, and so on. Statistic: `uses` [k, identities].
 */
export const subCentreArcFace = definePlugin({
  meta: {
    name: 'sub-centre-arcface',
    kind: 'loss',
    version: VERSION,
    apiVersion: 1,
    description: 'ArcFace with several centres per identity, for noisy labels',
  },
  options: z.strictObject({
    s: scale,
    m: z.number().min(0).lt(Math.PI).default(0.5).describe('margin, an angle in radians'),
    k: z.int().min(2).max(10).default(3).describe('centres per identity'),
    beyond: beyondRule.default('plain'),
    filterAbove,
    sampleRate,
  }),
  create: ({ s, m, k, beyond, filterAbove, sampleRate }): Loss => ({
    ...filtered(filterAbove),
    ...sampled(sampleRate, 'centres', 'uses'),
    init: (identities, embeddingSize, random) => ({
      params: { centres: firstCentres(embeddingSize, k * identities, random.fork('centres')) },
      statistics: { uses: filled([k, identities], 0) },
    }),
    centres({ centres }, statistics) {
      const identities = centres.shape[1] / k;
      const uses = statistics?.uses?.data;
      const most = (j: number): number =>
        uses
          ? Array.from({ length: k }, (_, i) => uses[i * identities + j]).reduce(
              (top, count, i, all) => (count > all[top] ? i : top),
              0,
            )
          : 0;
      return unitColumns(picked(centres, identities, most));
    },
    adopt: (centres) => ({ centres: adopted(centres, k) }),
    apply(params, statistics, embeddings, labels) {
      const identities = (params.centres.shape[1] as number) / k;
      const all: tf.Tensor3D = tf.reshape(cosineLogits(embeddings, params.centres as tf.Tensor2D, s), [
        -1,
        k,
        identities,
      ]);
      const logits = tf.max<tf.Tensor2D>(all, 1);
      const withMargin = shiftTarget(logits, labels, s, (cosines) => angularShift(cosines, m, beyond));
      return {
        loss: meanCrossEntropy(withMargin, labels, 0, lookAlikes(logits, labels, s, filterAbove)),
        logits,
        statistics: { uses: tf.add(statistics.uses, usesOf(all, labels)) },
      };
    },
  }),
});

declare module '@facewright/core' {
  interface LossPlugins {
    'sub-centre-arcface': typeof subCentreArcFace;
  }
}

/** How many samples of each identity are nearest to each sub-centre, [k, identities]. `all` is [n, k, identities]. */
function usesOf(all: tf.Tensor3D, labels: tf.Tensor1D): tf.Tensor2D {
  const [, k, identities] = all.shape;
  const labelled = tf.reshape(tf.tile(tf.expandDims(labels, 1), [1, k]), [-1]);
  const own = tf.reshape(targetEntry(tf.reshape(all, [-1, identities]), labelled as tf.Tensor1D), [-1, k]);
  const nearest = tf.oneHot(tf.argMax<tf.Tensor1D>(own, 1), k, 1, 0, 'float32') as tf.Tensor2D;
  return tf.matMul(nearest, tf.oneHot(labels, identities, 1, 0, 'float32') as tf.Tensor2D, true);
}
