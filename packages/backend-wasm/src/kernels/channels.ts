/**
 * Per-channel arithmetic in the forms that are fast in XNNPACK, the library inside tfjs-backend-wasm: a sum over
 * everything but the channels as average pooling (a product with a row of ones would repack the whole tensor), a scale
 * and shift as a 1×1 depthwise convolution with bias (broadcasting arithmetic goes row by row). Numbers that exist once
 * per channel are computed in JavaScript, because an op costs more than they do.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/** One number per channel. */
export type ChannelValues = Float32Array;

/** Number of terms added in float32 before a second level of pooling takes over: the fewer, the smaller the error. */
const LONGEST_SUM = 4096;

/** Sums of [..., channels] over everything else. */
export function channelSums(x: tf.Tensor, backend: BackendWasm): ChannelValues {
  const channels = x.shape[x.rank - 1];
  const rows = x.size / channels;
  const inner = rows <= LONGEST_SUM ? rows : divisorFrom(Math.ceil(Math.sqrt(rows)), rows);
  const means = pooled(pooled(x, [rows / inner, inner, 1, channels]), [1, rows / inner, 1, channels]);
  return channelValues(means, backend).map((mean) => mean * rows);
}

/** Means over the second axis of `x`, viewed as `windows`. */
function pooled(x: tf.Tensor, windows: [number, number, number, number]): tf.Tensor {
  if (windows[1] === 1) return x;
  return tf
    .engine()
    .runKernel(
      tf.AvgPool,
      { x: tf.reshape(x, windows) },
      { filterSize: [windows[1], 1], strides: 1, pad: 'valid' },
    ) as tf.Tensor;
}

function divisorFrom(start: number, value: number): number {
  let divisor = start;
  while (value % divisor !== 0) divisor++;
  return divisor;
}

/** A copy of a small tensor's values. */
export function channelValues(x: tf.Tensor, backend: BackendWasm): ChannelValues {
  return Float32Array.from(backend.typedArrayFromHeap(x) as Float32Array);
}

/** `x` · `scale` + `shift`, channel by channel. */
export function channelAffine(x: tf.Tensor, scale: ChannelValues, shift: ChannelValues): tf.Tensor {
  const channels = scale.length;
  const inputs = {
    x: tf.reshape(x, [1, x.size / channels, 1, channels]),
    filter: tf.tensor(scale, [1, 1, channels, 1]),
    bias: tf.tensor(shift),
  };
  const attributes = { strides: 1, pad: 'valid', dataFormat: 'NHWC', dilations: 1, activation: 'linear' };
  return tf.reshape(tf.engine().runKernel(tf.FusedDepthwiseConv2D, inputs, attributes) as tf.Tensor, x.shape);
}
