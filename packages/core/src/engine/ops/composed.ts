/** Registers a kernel composed of other tfjs ops if the backend has none with that name. */
import * as tf from '@tensorflow/tfjs-core';

export type ComposedKernel = (
  inputs: Record<string, tf.Tensor>,
  attrs: Record<string, unknown>,
) => tf.Tensor | tf.Tensor[];

export function registerComposed(kernelName: string, tfBackend: string, compute: ComposedKernel): void {
  if (tf.getKernel(kernelName, tfBackend)) return;
  // tfjs records nothing on the tape inside a kernel, so the ops here are not differentiated
  tf.registerKernel({
    kernelName,
    backendName: tfBackend,
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => compute(inputs as Record<string, tf.Tensor>, attrs as Record<string, unknown>)),
  });
}

/**
 * Sums over all axes but the last by multiplying with a row of ones, because reductions over leading axes are slow on
 * several backends.
 */
export function channelSum(x: tf.Tensor): tf.Tensor1D {
  const channels = x.shape[x.rank - 1];
  const rows = x.size / channels;
  return tf.reshape(tf.matMul(tf.ones([1, rows]), tf.reshape(x, [rows, channels])), [channels]);
}
