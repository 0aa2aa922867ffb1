/**
 * The softmax head for a first stage: one dense layer and cross-entropy, L = −log( e^{z_y} / Σ_j e^{z_j} ) with z = x·W
 * + b. The loss is computed from the logits z, never from probabilities.
 */
import { definePlugin, filled, hostTensor, type HostTensor, type HostTensors, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { unitColumns } from './centres.js';
import { meanCrossEntropy, smoothing } from './cross-entropy.js';
import { sampled, sampleRate } from './sampling.js';
import { VERSION } from './version.js';

const softmaxOptions = z.strictObject({
  bias: z.boolean().default(true).describe('learn a bias for each identity'),
  smoothing,
  sampleRate,
});

const head = (kernel: HostTensor, bias: boolean): HostTensors => ({
  kernel,
  ...(bias && { bias: filled([kernel.shape[1]], 0) }),
});

/**
 * The `softmax` loss plugin. Parameters: `kernel` [embeddingSize, identities] (initially Glorot uniform) and `bias`
 * [identities] (zeros). Its class centres are the normalised columns of the kernel.
 */
export const softmax = definePlugin({
  meta: {
    name: 'softmax',
    kind: 'loss',
    version: VERSION,
    apiVersion: 1,
    description: 'dense layer with cross-entropy, for the first stage',
  },
  options: softmaxOptions,
  create: ({ bias, smoothing, sampleRate }): Loss => ({
    ...sampled(sampleRate, 'kernel', ...(bias ? ['bias'] : [])),
    init(identities, embeddingSize, random) {
      const draw = random.fork('kernel');
      const limit = Math.sqrt(6 / (embeddingSize + identities));
      const kernel = hostTensor(
        [embeddingSize, identities],
        Float32Array.from({ length: embeddingSize * identities }, () => limit * (2 * draw.uniform() - 1)),
      );
      return { params: head(kernel, bias), statistics: {} };
    },
    centres: ({ kernel }) => unitColumns(kernel),
    adopt: (centres) => head(centres, bias),
    apply(params, _, embeddings, labels) {
      const product: tf.Tensor2D = tf.matMul(embeddings, params.kernel as tf.Tensor2D);
      const logits: tf.Tensor2D = bias ? tf.add(product, params.bias) : product;
      return { loss: meanCrossEntropy(logits, labels, smoothing), logits };
    },
  }),
});

declare module '@facewright/core' {
  interface LossPlugins {
    softmax: typeof softmax;
  }
}
