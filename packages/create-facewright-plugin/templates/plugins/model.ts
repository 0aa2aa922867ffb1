/** A small network: averages over blocks of 8 × 8 pixels, minus their mean, then a dense layer. */
import { definePlugin, filled, hostTensor, type Model } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { VERSION } from './version.js';

export const myPlugin = definePlugin({
  meta: { name: 'my-plugin', kind: 'model', version: VERSION, apiVersion: 1, description: 'one dense layer' },
  options: z.strictObject({
    inputSize: z.int().min(16).max(512).multipleOf(8).default(112).describe('side of the images, in pixels'),
    embeddingSize: z.int().min(2).max(2048).default(128).describe('length of an embedding'),
  }),
  create: ({ inputSize, embeddingSize }): Model => {
    const features = (inputSize / 8) ** 2 * 3;
    return {
      inputSize: [inputSize, inputSize],
      embeddingSize,
      // Change first: the parameters, which training updates, and the statistics, which it only tracks. Their names
      // must not overlap.
      init(random) {
        const draw = () => random.normal() / Math.sqrt(features);
        const kernel = Float32Array.from({ length: features * embeddingSize }, draw);
        return {
          params: { kernel: hostTensor([features, embeddingSize], kernel) },
          statistics: { mean: filled([features], 0) },
        };
      },
      // Then this: a pure function. images [n, height, width, 3] in [−1, 1] → embeddings [n, embeddingSize].
      apply({ kernel }, { mean }, images, mode) {
        const blocks = tf.reshape(tf.avgPool(images, 8, 8, 'valid'), [images.shape[0], features]);
        const centre = mode === 'train' ? tf.mean(blocks, 0) : mean;
        const embeddings = tf.matMul(tf.sub(blocks, centre) as tf.Tensor2D, kernel as tf.Tensor2D) as tf.Tensor2D;
        const next = mode === 'train' ? tf.add(tf.mul(mean, 0.9), tf.mul(centre, 0.1)) : mean;
        return { embeddings, statistics: { mean: next } };
      },
    };
  },
});
export default myPlugin;
