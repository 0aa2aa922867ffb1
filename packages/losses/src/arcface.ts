/**
 * ArcFace, the additive angular margin (Deng et al., arXiv 1801.07698, eq. 3): where θ_j is the angle between an
 * embedding and the centre of class j,
 *
 *   L = −log( e^{s·cos(θ_y + m)} / ( e^{s·cos(θ_y + m)} + Σ_{j≠y} e^{s·cos θ_j} ) )
 */
import { definePlugin, type Loss } from '@facewright/core';
import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { centreHead } from './centres.js';
import { meanCrossEntropy, smoothing } from './cross-entropy.js';
import { filterAbove, filtered, lookAlikes } from './filter.js';
import { angularShift, beyondRule, cosineLogits, scale, shiftTarget } from './margin.js';
import { sampled, sampleRate } from './sampling.js';
import { VERSION } from './version.js';

const arcFaceOptions = z.strictObject({
  s: scale,
  m: z.number().min(0).lt(Math.PI).default(0.5).describe('margin, an angle in radians'),
  beyond: beyondRule.default('plain'),
  smoothing,
  filterAbove,
  sampleRate,
});

/**
 * The `arcface` loss plugin. Parameter: `centres` [embeddingSize, identities], initially N(0, 0.01). Only their
 * directions matter.
 */
export const arcFace = definePlugin({
  meta: { name: 'arcface', kind: 'loss', version: VERSION, apiVersion: 1, description: 'additive angular margin' },
  options: arcFaceOptions,
  create: ({ s, m, beyond, smoothing, filterAbove, sampleRate }): Loss => ({
    ...filtered(filterAbove),
    ...sampled(sampleRate, 'centres'),
    ...centreHead,
    apply(params, _, embeddings, labels) {
      const logits = cosineLogits(embeddings, params.centres as tf.Tensor2D, s);
      const withMargin = shiftTarget(logits, labels, s, (cosines) => angularShift(cosines, m, beyond));
      return {
        loss: meanCrossEntropy(withMargin, labels, smoothing, lookAlikes(logits, labels, s, filterAbove)),
        logits,
      };
    },
  }),
});

declare module '@facewright/core' {
  interface LossPlugins {
    arcface: typeof arcFace;
  }
}
