/** s times the cosine between an embedding and the centre of each person. */
import { definePlugin, hostTensor, softmaxCrossEntropy, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

export default definePlugin({
  meta: { kind: 'loss', name: 'scaled-cosine', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({ s: z.number().positive().default(16) }),
  create: ({ s }): Loss => ({
    // one centre per person, drawn from the run's own random stream
    init: (identities, embeddingSize, random) => ({
      params: {
        centres: hostTensor(
          [embeddingSize, identities],
          Float32Array.from({ length: embeddingSize * identities }, () => random.normal()),
        ),
      },
      statistics: {},
    }),
    // logits are s times the cosine between an embedding and each centre
    apply({ centres }, _statistics, embeddings, labels) {
      const cosines = tf.matMul(unit(embeddings, 1), unit(centres, 0));
      const logits = tf.mul(cosines, s) as tf.Tensor2D;
      return { loss: tf.mean(softmaxCrossEntropy(logits, labels)), logits };
    },
    // the centres go on to the next stage, and come from the one before
    centres: ({ centres }) => centres,
    adopt: (centres) => ({ centres }),
  }),
});

// the small constant keeps an embedding of zeros from becoming NaN
const unit = (x: tf.Tensor, axis: number): tf.Tensor2D =>
  tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), axis, true), 1e-12)));
