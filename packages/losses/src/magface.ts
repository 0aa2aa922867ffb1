/**
 * MagFace (Meng, Zhao, Huang and Zhou, CVPR 2021, arXiv 2103.06627, eqs. 3–5): with a = ‖x‖ clamped to [l_a, u_a],
 *
 *   L = −log( e^{s·cos(θ_y + m(a))} / ( e^{s·cos(θ_y + m(a))} + Σ_{j≠y} e^{s·cos θ_j} ) ) + λ·g(a)
 *   m(a) = l_m + (u_m − l_m)·(a − l_a)/(u_a − l_a),   g(a) = 1/a + a/u_a²
 *
 * A longer embedding must satisfy a larger margin, and g rewards length, so easy photos become long and poor ones
 * short. The gradient flows through a, so the length becomes a measure of quality.
 */
import { definePlugin, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { centreHead } from './centres.js';
import { meanCrossEntropy } from './cross-entropy.js';
import { filterAbove, filtered, lookAlikes } from './filter.js';
import { angularShift, beyondRule, cosineLogits, lengths, scale, shiftTarget } from './margin.js';
import { sampled, sampleRate } from './sampling.js';
import { VERSION } from './version.js';

const options = z
  .strictObject({
    s: scale,
    lengths: z
      .tuple([z.number().positive(), z.number().positive()])
      .default([10, 110])
      .describe('l_a and u_a: lengths are clamped to this range'),
    margins: z
      .tuple([z.number().min(0), z.number().lt(Math.PI)])
      .default([0.45, 0.8])
      .describe('l_m and u_m: margins at these lengths, in radians'),
    lambda: z.number().min(0).default(35).describe('weight of g'),
    beyond: beyondRule.default('fallback'),
    filterAbove,
    sampleRate,
  })
  .refine(({ lengths: [low, high] }) => low < high, {
    path: ['lengths'],
    message: 'the first must be less than the second',
  })
  .refine(({ margins: [low, high] }) => low <= high, {
    path: ['margins'],
    message: 'the first must not exceed the second',
  });

/** The `magface` loss plugin. Parameter: `centres` [embeddingSize, identities]. Only their directions matter. */
export const magFace = definePlugin({
  meta: {
    name: 'magface',
    kind: 'loss',
    version: VERSION,
    apiVersion: 1,
    description: 'margin that grows with the length of the embedding, which becomes a quality score',
  },
  options,
  create: ({ s, lengths: [least, largest], margins: [low, high], lambda, beyond, filterAbove, sampleRate }): Loss => ({
    ...filtered(filterAbove),
    ...sampled(sampleRate, 'centres'),
    ...centreHead,
    apply(params, _, embeddings, labels) {
      const length = tf.clipByValue(lengths(embeddings), least, largest);
      const margin = tf.add(tf.mul(tf.sub(length, least), (high - low) / (largest - least)), low);
      const logits = cosineLogits(embeddings, params.centres as tf.Tensor2D, s);
      const withMargin = shiftTarget(logits, labels, s, (cosines) => angularShift(cosines, margin, beyond));
      const regulariser = tf.mean<tf.Scalar>(tf.add(tf.div(1, length), tf.mul(length, 1 / largest ** 2)));
      return {
        loss: tf.add(
          meanCrossEntropy(withMargin, labels, 0, lookAlikes(logits, labels, s, filterAbove)),
          tf.mul(regulariser, lambda),
        ),
        logits,
      };
    },
  }),
});

declare module '@facewright/core' {
  interface LossPlugins {
    magface: typeof magFace;
  }
}
