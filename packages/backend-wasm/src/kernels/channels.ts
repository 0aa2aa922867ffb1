/**
 * Channel-wise arithmetic in the forms that XNNPACK, the library inside tfjs-backend-wasm, is fast at: a sum over everything but the
 * channels as average pooling (a product with a row of ones would repack the whole tensor), a scale and shift as a 1×1 depthwise
 * convolution with bias (broadcasting arithmetic goes row by row).
 */
import * as tf from '@tensorflow/tfjs-core';

/** [..., channels] to [channels]. Pooled in two levels of about √rows: fewer terms a float32 sum, smaller its error. */
export function channelSum(x: tf.Tensor): tf.Tensor1D {
  const channels = x.shape[x.rank - 1];
  const rows = x.size / channels;
  const inner = divisorNear(rows, Math.sqrt(rows));
  const outer = rows / inner;
  const pool = (y: tf.Tensor, count: number, length: number): tf.Tensor4D => {
    const windows = tf.reshape(y, [count, length, 1, channels]) as tf.Tensor4D;
    return length === 1 ? windows : tf.avgPool(windows, [length, 1], 1, 'valid');
  };
  return tf.mul(tf.reshape(pool(pool(x, outer, inner), 1, outer), [channels]), rows);
}

/** `x` · `scale` + `shift`, both [channels]. */
export function channelAffine<T extends tf.Tensor>(x: T, scale: tf.Tensor, shift: tf.Tensor): T {
  const channels = scale.size;
  const image = tf.reshape(x, [1, x.size / channels, 1, channels]) as tf.Tensor4D;
  const filter = tf.reshape(scale, [1, 1, channels, 1]) as tf.Tensor4D;
  return tf.reshape(tf.fused.depthwiseConv2d({ x: image, filter, bias: shift, strides: 1, pad: 'valid' }), x.shape) as T;
}

function divisorNear(value: number, wish: number): number {
  for (let divisor = Math.ceil(wish); divisor <= value; divisor++) if (value % divisor === 0) return divisor;
  return value;
}
