/** An additive cosine margin: s·(cos θ − m) for the right person, s·cos θ for all others (CosFace, arXiv 1801.09414). */
import { addToTarget, definePlugin, hostTensor, softmaxCrossEntropy, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

export default definePlugin({
  meta: { kind: 'loss', name: 'cosine-margin', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({
    s: z.number().positive().default(32).describe('scale of the cosines'),
    m: z.number().min(0).max(1).default(0.35).describe("margin, subtracted from the right person's cosine"),
  }),
  create: ({ s, m }): Loss => ({
    // one centre per person, a column each
    init(identities, embeddingSize, random) {
      const data = Float32Array.from({ length: embeddingSize * identities }, () => 0.01 * random.normal());
      return { params: { centres: hostTensor([embeddingSize, identities], data) }, statistics: {} };
    },
    apply({ centres }, _statistics, embeddings, labels) {
      const cosines = tf.matMul(unit(embeddings, 1), unit(centres, 0));
      const logits = tf.mul(cosines, s) as tf.Tensor2D;
      const margin = tf.fill([labels.shape[0], 1], -s * m);
      const withMargin = addToTarget(logits, labels, margin);
      return { loss: tf.mean(softmaxCrossEntropy(withMargin, labels)), logits };
    },
    // how the stages before and after this one hand over what they have learned
    centres: ({ centres }) => centres,
    adopt: (centres) => ({ centres }),
  }),
});

/** The small constant keeps an embedding of zeros from becoming NaN. */
const unit = (x: tf.Tensor, axis: number): tf.Tensor2D =>
  tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), axis, true), 1e-12)));
