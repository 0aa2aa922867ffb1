/** The smallest network worth training: one convolution, PReLU, the mean over the image, one dense layer. */
import { definePlugin, filled, hostTensor, type HostTensor, type Model, type Random } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

export default definePlugin({
  meta: { kind: 'model', name: 'one-convolution', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({
    inputSize: z.int().min(16).max(512).default(112).describe('side of the images in pixels'),
    channels: z.int().min(1).max(512).default(32).describe('filters of the convolution'),
    embeddingSize: z.int().min(2).max(2048).default(128).describe('length of an embedding'),
  }),
  create: ({ inputSize, channels, embeddingSize }): Model => ({
    inputSize: [inputSize, inputSize],
    embeddingSize,
    init: (random) => ({
      params: {
        'convolution/kernel': drawn([5, 5, 3, channels], 5 * 5 * 3, random.fork('convolution')),
        'convolution/slope': filled([channels], 0.25),
        'dense/kernel': drawn([channels, embeddingSize], channels, random.fork('dense')),
      },
      statistics: {}, // running means would go here: kept, but not trained
    }),
    apply(params, statistics, images) {
      const convolved = tf.conv2d(images, params['convolution/kernel'] as tf.Tensor4D, 4, 'same');
      const pooled = tf.mean(tf.prelu(convolved, params['convolution/slope']), [1, 2]) as tf.Tensor2D;
      return { embeddings: tf.matMul(pooled, params['dense/kernel'] as tf.Tensor2D), statistics };
    },
  }),
});

/** He et al., arXiv 1502.01852: variance 2 / inputs. */
function drawn(shape: number[], inputs: number, random: Random): HostTensor {
  const length = shape.reduce((product, side) => product * side, 1);
  return hostTensor(
    shape,
    Float32Array.from({ length }, () => Math.sqrt(2 / inputs) * random.normal()),
  );
}
