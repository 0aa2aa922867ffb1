/**
 * CurricularFace (Huang et al., CVPR 2020, arXiv 2004.00288, eqs. 5–9): ArcFace's target, with negatives weighted by
 * how hard they are and how far training has progressed,
 *
 *   N(t, cos θ_j) = cos θ_j                   where cos(θ_y + m) ≥ cos θ_j (easy)
 *                   cos θ_j·(t + cos θ_j)     else (hard)
 *   t ← momentum·t + (1 − momentum)·mean cos θ_y
 *
 * Early in training (t near 0) hard negatives weigh less than in ArcFace, later more. No gradient flows through t.
 */
import { addToTarget, definePlugin, hostScalar, targetEntry, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { centreHead } from './centres.js';
import { meanCrossEntropy } from './cross-entropy.js';
import { filterAbove, filtered, lookAlikes } from './filter.js';
import { angularShift, beyondRule, constant, cosineLogits, scale, shiftTarget } from './margin.js';
import { sampled, sampleRate } from './sampling.js';
import { VERSION } from './version.js';

/**
 * The `curricularface` loss plugin. Parameter: `centres` [embeddingSize, identities]. Statistic: `t`, a scalar,
 * initially 0.
 */
export const curricularFace = definePlugin({
  meta: {
    name: 'curricularface',
    kind: 'loss',
    version: VERSION,
    apiVersion: 1,
    description: 'ArcFace that gives hard negatives more weight as training progresses',
  },
  options: z.strictObject({
    s: scale,
    m: z.number().min(0).lt(Math.PI).default(0.5).describe('margin, an angle in radians'),
    momentum: z.number().min(0).lt(1).default(0.99).describe('momentum of the running mean t'),
    beyond: beyondRule.default('fallback'),
    filterAbove,
    sampleRate,
  }),
  create: ({ s, m, momentum, beyond, filterAbove, sampleRate }): Loss => ({
    ...filtered(filterAbove),
    ...sampled(sampleRate, 'centres'),
    ...centreHead,
    init: (identities, embeddingSize, random) => ({
      ...centreHead.init(identities, embeddingSize, random),
      statistics: { t: hostScalar(0) },
    }),
    apply(params, statistics, embeddings, labels) {
      const logits = cosineLogits(embeddings, params.centres as tf.Tensor2D, s);
      const own = tf.div<tf.Tensor2D>(targetEntry(logits, labels), s);
      const t = tf.add(
        tf.mul(statistics.t, momentum),
        tf.mul(
          constant([own], (own) => tf.mean(own)),
          1 - momentum,
        ),
      );

      const cosines = tf.div(logits, s);
      const hard = constant([cosines, own], (cosines, own) => {
        const threshold = tf.add(own, angularShift(own, m, 'plain'));
        const others = addToTarget(cosines as tf.Tensor2D, labels, tf.fill([labels.shape[0], 1], -4)); // the target is never a hard negative; all values lie within ±2
        return tf.greater(others, threshold);
      });
      const negatives = tf.where(hard, tf.mul(logits, tf.add(cosines, t)), logits);
      const withMargin = shiftTarget(negatives as tf.Tensor2D, labels, s, (cosines) =>
        angularShift(cosines, m, beyond),
      );
      return {
        loss: meanCrossEntropy(withMargin, labels, 0, lookAlikes(logits, labels, s, filterAbove)),
        logits,
        statistics: { t },
      };
    },
  }),
});

declare module '@facewright/core' {
  interface LossPlugins {
    curricularface: typeof curricularFace;
  }
}
