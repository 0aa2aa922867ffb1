/**
 * Conv2DBackpropFilter: ∂W[i, j] = valuesᵢⱼᵀ · dy, a product [in, rows] × [rows, out] for each position in the kernel.
 * XNNPACK repacks the right factor, which costs more than a transposition, so the smaller factor goes on the right.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerComposedKernel } from './register.js';
import { eachTap } from './taps.js';

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly filterShape: [number, number, number, number];
}

export function registerConv2DFilterGradient(): void {
  registerComposedKernel<{ x: tf.Tensor4D; dy: tf.Tensor4D }, Attributes>(
    tf.Conv2DBackpropFilter,
    ({ x, dy }, { strides, pad, dimRoundingMode, filterShape }) => {
      const window = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
      const taps = eachTap(x, dy, window, transposedProduct);
      return tf.reshape(taps.length === 1 ? taps[0] : tf.concat(taps), filterShape);
    },
  );
}

/** aᵀ · b, both [rows, …]. */
function transposedProduct(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return a.size > b.size ? tf.matMul(tf.transpose(a), b) : tf.transpose(tf.matMul(tf.transpose(b), a));
}
