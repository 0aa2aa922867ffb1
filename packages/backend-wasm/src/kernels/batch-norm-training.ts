/** Core's batch norm for training (see its file for the formulas), in the arithmetic that is fast here. */
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { channelAffine, channelSum } from './channels.js';
import { registerComposedKernel } from './register.js';

interface Attributes {
  readonly epsilon: number;
}
interface ForwardInputs {
  readonly x: tf.Tensor;
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
}
interface BackwardInputs extends Omit<ForwardInputs, 'beta'> {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
  readonly dy: tf.Tensor;
}

export function registerBatchNormTraining(): void {
  registerComposedKernel<ForwardInputs, Attributes>(BATCH_NORM_TRAINING, ({ x, gamma, beta }, { epsilon }) => {
    const perChannel = gamma.size / x.size;
    const mean = tf.mul(channelSum(x), perChannel);
    const centred = channelAffine(x, tf.onesLike(mean), tf.neg(mean));
    const variance = tf.mul(channelSum(tf.square(centred)), perChannel);
    return [channelAffine(centred, tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon))), beta), mean, variance];
  });

  // with x̂ = (x − μ)·i and k = γ·i:  ∂x = k·dy − (k·i·∂γ/M)·(x − μ) − k·∂β/M
  registerComposedKernel<BackwardInputs, Attributes>(BATCH_NORM_TRAINING_GRADIENT, ({ x, gamma, mean, variance, dy }, { epsilon }) => {
    const perChannel = gamma.size / x.size;
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const normalised = channelAffine(x, inverse, tf.neg(tf.mul(mean, inverse)));
    const dBeta = channelSum(dy);
    const dGamma = channelSum(tf.mul(dy, normalised));
    const scale = tf.mul(gamma, inverse);
    const away = tf.mul(scale, -perChannel);
    const dx = tf.add(channelAffine(dy, scale, tf.mul(away, dBeta)), channelAffine(normalised, tf.mul(away, dGamma), tf.zerosLike(mean)));
    return [dx, dGamma, dBeta];
  });
}
