/**
 * Normalised softmax (Wang, Xiang, Cheng and Yuille, NormFace, arXiv 1704.06369, eq. 10): with embeddings and class
 * centres of length 1,
 *
 *   L = −log( e^{s·cos θ_y} / Σ_j e^{s·cos θ_j} )
 *
 * This is ArcFace and CosFace with a margin of 0. They share its centres, so the next stage can take over everything.
 */
import { definePlugin, type Loss } from '@facewright/core';
import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { centreHead } from './centres.js';
import { meanCrossEntropy, smoothing } from './cross-entropy.js';
import { filterAbove, filtered, lookAlikes } from './filter.js';
import { cosineLogits, scale } from './margin.js';
import { sampled, sampleRate } from './sampling.js';
import { VERSION } from './version.js';

/**
 * The `normalised-softmax` loss plugin. Parameter: `centres` [embeddingSize, identities]. Only their directions matter.
 */
export const normalisedSoftmax = definePlugin({
  meta: {
    name: 'normalised-softmax',
    kind: 'loss',
    version: VERSION,
    apiVersion: 1,
    description: 'cross-entropy of scaled cosines, no margin',
  },
  options: z.strictObject({ s: scale.default(32), smoothing, filterAbove, sampleRate }),
  create: ({ s, smoothing, filterAbove, sampleRate }): Loss => ({
    ...filtered(filterAbove),
    ...sampled(sampleRate, 'centres'),
    ...centreHead,
    apply(params, _, embeddings, labels) {
      const logits = cosineLogits(embeddings, params.centres as tf.Tensor2D, s);
      return { loss: meanCrossEntropy(logits, labels, smoothing, lookAlikes(logits, labels, s, filterAbove)), logits };
    },
  }),
});

declare module '@facewright/core' {
  interface LossPlugins {
    'normalised-softmax': typeof normalisedSoftmax;
  }
}
