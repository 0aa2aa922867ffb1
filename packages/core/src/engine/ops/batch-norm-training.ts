/**
 * Batch normalisation in training (Ioffe and Szegedy, arXiv 1502.03167), with one kernel per direction.
 *
 *   forward    x̂ = (x − μ)/√(σ² + ε),  y = γ·x̂ + β,  with μ, σ² over all axes but the last (σ² is the biased variance)
 *   backward   ∂β = Σ dy,  ∂γ = Σ dy·x̂,  ∂x = γ/√(σ² + ε) · (dy − ∂β/M − x̂·∂γ/M),  M values per channel
 */
import * as tf from '@tensorflow/tfjs-core';
import { channelSum, registerComposed } from './composed.js';

export const BATCH_NORM_TRAINING = 'FacewrightBatchNormTraining';
export const BATCH_NORM_TRAINING_GRADIENT = 'FacewrightBatchNormTrainingGradient';

export interface BatchNormTraining<T extends tf.Tensor> {
  readonly y: T;
  /** [channels], of this batch. No gradient flows through it. */
  readonly mean: tf.Tensor1D;
  /** [channels], of this batch, biased. No gradient flows through it. */
  readonly variance: tf.Tensor1D;
}

/** `x` [..., channels], `gamma` and `beta` [channels]. */
export function batchNormTraining<T extends tf.Tensor>(
  x: T,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon = 1e-3,
): BatchNormTraining<T> {
  const [y, mean, variance] = tf
    .engine()
    .runKernel(BATCH_NORM_TRAINING, { x, gamma, beta }, { epsilon }) as unknown as [T, tf.Tensor1D, tf.Tensor1D];
  return { y, mean, variance };
}

tf.registerGradient({
  kernelName: BATCH_NORM_TRAINING,
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true, true],
  gradFunc: (dys, saved, attrs) => {
    const [x, gamma, mean, variance] = saved;
    const dy = (dys as tf.Tensor[])[0];
    const [dx, dGamma, dBeta] = tf
      .engine()
      .runKernel(BATCH_NORM_TRAINING_GRADIENT, { x, gamma, mean, variance, dy }, attrs) as unknown as tf.Tensor[];
    return { x: () => dx, gamma: () => dGamma, beta: () => dBeta };
  },
});

export function registerBatchNormTraining(tfBackend: string): void {
  registerComposed(BATCH_NORM_TRAINING, tfBackend, ({ x, gamma, beta }, { epsilon }) => {
    const perChannel = gamma.size / x.size;
    const mean = tf.mul(channelSum(x), perChannel);
    const variance = tf.mul(channelSum(tf.square(tf.sub(x, mean))), perChannel);
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon as number)));
    return [tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(mean, scale))), mean, variance];
  });
  registerComposed(BATCH_NORM_TRAINING_GRADIENT, tfBackend, ({ x, gamma, mean, variance, dy }, { epsilon }) => {
    const perChannel = gamma.size / x.size;
    const inverse = tf.rsqrt(tf.add(variance, epsilon as number));
    const normalised = tf.mul(tf.sub(x, mean), inverse);
    const dBeta = channelSum(dy);
    const dGamma = channelSum(tf.mul(dy, normalised));
    const centred = tf.sub(tf.sub(dy, tf.mul(dBeta, perChannel)), tf.mul(normalised, tf.mul(dGamma, perChannel)));
    return [tf.mul(centred, tf.mul(gamma, inverse)), dGamma, dBeta];
  });
}
