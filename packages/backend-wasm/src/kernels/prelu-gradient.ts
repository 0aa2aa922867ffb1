/**
 * Core's gradient of PReLU without comparisons and selections, which are plain loops here: with the step n = (x < 0),
 * ∂x = dy·(1 + n·(α − 1)) and ∂α = Σ dy·(x − max(x, 0)).
 */
import { PRELU_GRADIENT } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { channelAffine, channelSum } from './channels.js';
import { registerComposedKernel } from './register.js';

export function registerPreluGradient(): void {
  registerComposedKernel<{ x: tf.Tensor; alpha: tf.Tensor1D; dy: tf.Tensor }, unknown>(PRELU_GRADIENT, ({ x, alpha, dy }) => {
    const slope = channelAffine(tf.step(tf.neg(x)), tf.sub(alpha, 1), tf.onesLike(alpha));
    return [tf.mul(dy, slope), channelSum(tf.mul(dy, tf.sub(x, tf.relu(x))))];
  });
}
