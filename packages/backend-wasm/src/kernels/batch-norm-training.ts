/** Core's batch norm for training (see its file for the formulas), in operations that are fast here. */
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { channelAffine, channelSums, channelValues } from './channels.js';
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
  registerComposedKernel<ForwardInputs, Attributes>(BATCH_NORM_TRAINING, ({ x, gamma, beta }, { epsilon }, backend) => {
    const perChannel = gamma.size / x.size;
    const mean = channelSums(x, backend).map((sum) => sum * perChannel);
    const centred = channelAffine(
      x,
      new Float32Array(mean.length).fill(1),
      mean.map((value) => -value),
    );
    const variance = channelSums(tf.square(centred), backend).map((sum) => sum * perChannel);
    const scale = channelValues(gamma, backend).map((value, c) => value / Math.sqrt(variance[c] + epsilon));
    return [channelAffine(centred, scale, channelValues(beta, backend)), tf.tensor1d(mean), tf.tensor1d(variance)];
  });

  // with x̂ = (x − μ)·i and k = γ·i:  ∂x = k·dy − k·∂γ/M·x̂ − k·∂β/M
  registerComposedKernel<BackwardInputs, Attributes>(
    BATCH_NORM_TRAINING_GRADIENT,
    ({ x, gamma, mean, variance, dy }, { epsilon }, backend) => {
      const perChannel = gamma.size / x.size;
      const inverse = channelValues(variance, backend).map((value) => 1 / Math.sqrt(value + epsilon));
      const normalised = channelAffine(
        x,
        inverse,
        channelValues(mean, backend).map((value, c) => -value * inverse[c]),
      );
      const dBeta = channelSums(dy, backend);
      const dGamma = channelSums(tf.mul(dy, normalised), backend);
      const scale = channelValues(gamma, backend).map((value, c) => value * inverse[c]);
      const straight = channelAffine(
        dy,
        scale,
        scale.map((value, c) => -value * dBeta[c] * perChannel),
      );
      const throughVariance = channelAffine(
        normalised,
        scale.map((value, c) => -value * dGamma[c] * perChannel),
        new Float32Array(scale.length),
      );
      return [tf.add(straight, throughVariance), tf.tensor1d(dGamma), tf.tensor1d(dBeta)];
    },
  );
}
