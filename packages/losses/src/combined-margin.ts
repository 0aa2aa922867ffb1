/**
 * The combined margin (Deng et al., arXiv 1801.07698, eq. 4), which includes SphereFace (m1), ArcFace (m2) and CosFace
 * (m3):
 *
 *   L = −log( e^{s·(cos(m1·θ_y + m2) − m3)} / ( e^{s·(cos(m1·θ_y + m2) − m3)} + Σ_{j≠y} e^{s·cos θ_j} ) )
 *
 * For m1 = 1 the angle itself is never computed. Otherwise it is 2·atan(sin θ / (1 + cos θ)), whose gradient is
 * accurate near 0 and π.
 */
import { definePlugin, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { centreHead } from './centres.js';
import { meanCrossEntropy, smoothing } from './cross-entropy.js';
import { filterAbove, filtered, lookAlikes } from './filter.js';
import { angularShift, beyondRule, cosineLogits, cosSin, scale, shiftTarget, type BeyondRule } from './margin.js';
import { sampled, sampleRate } from './sampling.js';
import { VERSION } from './version.js';

const combinedOptions = z
  .strictObject({
    s: scale,
    m1: z.number().positive().default(1).describe('multiplies the angle (SphereFace)'),
    m2: z.number().min(0).lt(Math.PI).default(0.3).describe('added to the angle, in radians (ArcFace)'),
    m3: z.number().min(0).max(2).default(0.2).describe('subtracted from the cosine (CosFace)'),
    beyond: beyondRule.default('plain'),
    smoothing,
    filterAbove,
    sampleRate,
  })
  .refine(({ m1, beyond }) => m1 === 1 || beyond !== 'fallback', {
    path: ['beyond'],
    message: '"fallback" requires m1 = 1; use "continued" for other values',
  });

/**
 * cos(m1·θ + m2) − cos θ for `cosines` [n, 1]. Beyond m1·θ + m2 = π the rule decides (`continued`: parallel to cos θ,
 * from −1 on).
 */
function multipliedShift(cosines: tf.Tensor, m1: number, m2: number, beyond: BeyondRule): tf.Tensor {
  const { cos, sin } = cosSin(cosines);
  const shift = tf.sub(tf.cos(tf.add(tf.mul(tf.atan(tf.div(sin, tf.add(cos, 1))), 2 * m1), m2)), cos);
  if (beyond === 'plain') return shift;
  const threshold = beyond === 'easy' ? 0 : Math.cos(Math.min(Math.PI, (Math.PI - m2) / m1));
  return tf.where(tf.greaterEqual(cos, threshold), shift, tf.fill(shift.shape, beyond === 'easy' ? 0 : -1 - threshold));
}

/**
 * The `combined-margin` loss plugin. Parameter: `centres` [embeddingSize, identities]. Only their directions matter.
 */
export const combinedMargin = definePlugin({
  meta: {
    name: 'combined-margin',
    kind: 'loss',
    version: VERSION,
    apiVersion: 1,
    description: 'the margins m1, m2 and m3 of SphereFace, ArcFace and CosFace combined',
  },
  options: combinedOptions,
  create: ({ s, m1, m2, m3, beyond, smoothing, filterAbove, sampleRate }): Loss => ({
    ...filtered(filterAbove),
    ...sampled(sampleRate, 'centres'),
    ...centreHead,
    apply(params, _, embeddings, labels) {
      const logits = cosineLogits(embeddings, params.centres as tf.Tensor2D, s);
      const angular = (cosines: tf.Tensor): tf.Tensor =>
        m1 === 1 ? angularShift(cosines, m2, beyond) : multipliedShift(cosines, m1, m2, beyond);
      const withMargin = shiftTarget(logits, labels, s, (cosines) => tf.sub(angular(cosines), m3));
      return {
        loss: meanCrossEntropy(withMargin, labels, smoothing, lookAlikes(logits, labels, s, filterAbove)),
        logits,
      };
    },
  }),
});

declare module '@facewright/core' {
  interface LossPlugins {
    'combined-margin': typeof combinedMargin;
  }
}
