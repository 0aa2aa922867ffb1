/** An additive cosine margin: s·(cos θ − m) for the target, s·cos θ for the others. */
import { definePlugin, hostTensor, softmaxCrossEntropy, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { VERSION } from './version.js';

const unit = (x: tf.Tensor, axis: number): tf.Tensor =>
  tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), axis, true), 1e-12)));

export const myPlugin = definePlugin({
  meta: { name: 'my-plugin', kind: 'loss', version: VERSION, apiVersion: 1, description: 'additive cosine margin' },
  // Change first: your options, with defaults and a one-line description each. The README's table is generated from
  // them.
  options: z.strictObject({
    s: z.number().positive().default(32).describe('scale of the cosines'),
    m: z.number().min(0).max(1).default(0.35).describe('margin, subtracted from the cosine of the target'),
  }),
  create: ({ s, m }): Loss => ({
    init(identities, embeddingSize, random) {
      const data = Float32Array.from({ length: embeddingSize * identities }, () => 0.1 * random.normal());
      return { params: { centres: hostTensor([embeddingSize, identities], data) }, statistics: {} };
    },
    // Then this: a pure function of tensors. Return the logits without the margin, because accuracy is measured on
    // them.
    apply({ centres }, _, embeddings, labels) {
      const logits = tf.mul(tf.matMul(unit(embeddings, 1), unit(centres, 0)), s) as tf.Tensor2D;
      const target = tf.oneHot(labels, centres.shape[1]!);
      const withMargin = tf.sub(logits, tf.mul(target, s * m)) as tf.Tensor2D;
      return { loss: tf.mean(softmaxCrossEntropy(withMargin, labels)) as tf.Scalar, logits };
    },
    // The class centres [embeddingSize, identities], for the loss of the next stage.
    centres: ({ centres }) => centres,
    adopt: (centres) => ({ centres }),
  }),
});
export default myPlugin;
