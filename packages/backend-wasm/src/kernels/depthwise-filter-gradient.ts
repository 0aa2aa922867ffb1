/** DepthwiseConv2dNativeBackpropFilter: ∂W[i, j, c] = Σ valuesᵢⱼ · dy over images, rows and columns, channel by channel. */
import * as tf from '@tensorflow/tfjs-core';
import { channelSums } from './channels.js';
import { registerComposedKernel } from './register.js';
import { eachTap } from './taps.js';

interface Attributes {
  readonly strides: number | [number, number];
  readonly dilations: number | [number, number];
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly filterShape: [number, number, number, number];
}

export function registerDepthwiseFilterGradient(): void {
  registerComposedKernel<{ x: tf.Tensor4D; dy: tf.Tensor4D }, Attributes>(
    tf.DepthwiseConv2dNativeBackpropFilter,
    ({ x, dy }, { strides, dilations, pad, dimRoundingMode, filterShape }, backend) => {
      const window = tf.backend_util.computeConv2DInfo(
        x.shape,
        filterShape,
        strides,
        dilations,
        pad,
        dimRoundingMode,
        true,
      );
      const { filterHeight, filterWidth, inHeight, inWidth, outHeight, outWidth } = window;
      if (outHeight * outWidth === 1 && filterHeight === inHeight && filterWidth === inWidth)
        return tf.reshape(tf.sum(tf.mul(x, dy), 0), filterShape); // global
      const sums = eachTap(x, dy, window, (values, gradient) => channelSums(tf.mul(values, gradient), backend));
      return tf.tensor4d(Float32Array.from(sums.flatMap((sum) => [...sum])), filterShape);
    },
  );
}
