/**
 * DepthwiseConv2dNativeBackpropInput: the depthwise convolution of dy, dilated to the stride's grid and padded, with
 * the kernel rotated by 180°. Negative padding (the window reached outside the image) is cropped instead.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerComposedKernel } from './register.js';

interface Attributes {
  readonly strides: number | [number, number];
  readonly dilations: number | [number, number];
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly inputShape: [number, number, number, number];
}

export function registerDepthwiseInputGradient(): void {
  registerComposedKernel<{ dy: tf.Tensor4D; filter: tf.Tensor4D }, Attributes>(
    tf.DepthwiseConv2dNativeBackpropInput,
    ({ dy, filter }, { strides, dilations, pad, dimRoundingMode, inputShape }) => {
      const info = tf.backend_util.computeConv2DInfo(
        inputShape,
        filter.shape,
        strides,
        dilations,
        pad,
        dimRoundingMode,
        true,
      );
      const { filterHeight, filterWidth, outHeight, outWidth, inHeight, inWidth, inChannels, padInfo } = info;
      if (
        outHeight === 1 &&
        outWidth === 1 &&
        filterHeight === inHeight &&
        filterWidth === inWidth &&
        padInfo.top === 0 &&
        padInfo.left === 0
      ) {
        return tf.mul(dy, tf.reshape(filter, [1, filterHeight, filterWidth, inChannels])); // the global depthwise convolution
      }
      const spread = spreadRows(spreadColumns(dy, info.strideWidth), info.strideHeight);
      const reachY = (filterHeight - 1) * info.dilationHeight;
      const reachX = (filterWidth - 1) * info.dilationWidth;
      const rows = margins(reachY, padInfo.top, spread.shape[1], inHeight);
      const columns = margins(reachX, padInfo.left, spread.shape[2], inWidth);
      const grown = tf.pad(spread, [[0, 0], rows.grow, columns.grow, [0, 0]]);
      const fits = grown.shape[1] === inHeight + reachY && grown.shape[2] === inWidth + reachX;
      const cut = fits
        ? grown
        : tf.slice(grown, [0, rows.cut, columns.cut, 0], [-1, inHeight + reachY, inWidth + reachX, -1]);
      return tf.depthwiseConv2d(cut, tf.reverse(filter, [0, 1]), 1, 'valid', 'NHWC', dilations);
    },
  );
}

/**
 * How far one axis of dy must be extended before and after (or cropped before), so that the flipped kernel meets every
 * input once.
 */
function margins(reach: number, pad: number, spread: number, size: number): { grow: [number, number]; cut: number } {
  const before = reach - pad;
  return { grow: [Math.max(0, before), Math.max(0, size + reach - spread - before)], cut: Math.max(0, -before) };
}

/** Inserts `stride` − 1 zeros after each column. */
function spreadColumns(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const grown = tf.pad(tf.reshape(x, [batch * height * width, channels]), [
    [0, 0],
    [0, (stride - 1) * channels],
  ]);
  return tf.reshape(grown, [batch, height, width * stride, channels]);
}

/** Inserts `stride` − 1 rows of zeros after each row. */
function spreadRows(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const grown = tf.pad(tf.reshape(x, [batch * height, width * channels]), [
    [0, 0],
    [0, (stride - 1) * width * channels],
  ]);
  return tf.reshape(grown, [batch, height * stride, width, channels]);
}
