/**
 * Core's gradient of PReLU without comparisons and selections, which are plain loops here: with g = dy where x < 0,
 * else 0, ∂x = dy + (α − 1)·g and ∂α = Σ g·x.
 */
import { PRELU_GRADIENT } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { channelAffine, channelSums, channelValues } from './channels.js';
import { registerComposedKernel } from './register.js';

export function registerPreluGradient(): void {
  registerComposedKernel<{ x: tf.Tensor; alpha: tf.Tensor1D; dy: tf.Tensor }, unknown>(
    PRELU_GRADIENT,
    ({ x, alpha, dy }, _, backend) => {
      const negative = tf.mul(dy, tf.step(tf.neg(x)));
      const slopes = channelValues(alpha, backend).map((value) => value - 1);
      const dx = tf.add(dy, channelAffine(negative, slopes, new Float32Array(slopes.length)));
      return [dx, tf.tensor1d(channelSums(tf.mul(negative, x), backend))];
    },
  );
}
