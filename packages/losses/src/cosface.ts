/**
 * CosFace, the additive cosine margin (Wang et al., arXiv 1801.09414, eq. 4; the same as AM-Softmax, arXiv 1801.05599,
 * eq. 6):
 *
 *   L = −log( e^{s·(cos θ_y − m)} / ( e^{s·(cos θ_y − m)} + Σ_{j≠y} e^{s·cos θ_j} ) )
 *
 * The target's logit decreases over all angles, so no rule is needed beyond π.
 */
import { addToTarget, definePlugin, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { centreHead } from './centres.js';
import { meanCrossEntropy, smoothing } from './cross-entropy.js';
import { filterAbove, filtered, lookAlikes } from './filter.js';
import { cosineLogits, scale } from './margin.js';
import { sampled, sampleRate } from './sampling.js';
import { VERSION } from './version.js';

/** The `cosface` loss plugin. Parameter: `centres` [embeddingSize, identities]. Only their directions matter. */
export const cosFace = definePlugin({
  meta: { name: 'cosface', kind: 'loss', version: VERSION, apiVersion: 1, description: 'additive cosine margin' },
  options: z.strictObject({
    s: scale,
    m: z.number().min(0).max(2).default(0.35).describe("margin, subtracted from the target's cosine"),
    smoothing,
    filterAbove,
    sampleRate,
  }),
  create: ({ s, m, smoothing, filterAbove, sampleRate }): Loss => ({
    ...filtered(filterAbove),
    ...sampled(sampleRate, 'centres'),
    ...centreHead,
    apply(params, _, embeddings, labels) {
      const logits = cosineLogits(embeddings, params.centres as tf.Tensor2D, s);
      const withMargin = addToTarget(logits, labels, tf.fill([labels.shape[0], 1], -s * m));
      return {
        loss: meanCrossEntropy(withMargin, labels, smoothing, lookAlikes(logits, labels, s, filterAbove)),
        logits,
      };
    },
  }),
});

declare module '@facewright/core' {
  interface LossPlugins {
    cosface: typeof cosFace;
  }
}
