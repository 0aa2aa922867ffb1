/**
 * Convolutions and pooling as sums over the window's positions: each position sees the image shifted, and every
 * `stride`th pixel of it. Slower than an engine's own kernels, but enough to get started.
 */
import * as tf from '@tensorflow/tfjs-core';
import { neededPadAfter, windowOf, type Window } from '../canonical/window.js';
import type { Composites } from './composite.js';

type Four = [number, number, number, number];

interface Place {
  readonly y: number;
  readonly x: number;
}

const places = ({ kernel }: Window): Place[] =>
  Array.from({ length: kernel[0] * kernel[1] }, (_, i) => ({ y: Math.floor(i / kernel[1]), x: i % kernel[1] }));
const sum = (terms: readonly tf.Tensor[]): tf.Tensor => terms.reduce((total, term) => tf.add(total, term));

/** The image with as much padding (zeros, or another number) as the windows reach. */
function padded(x: tf.Tensor, window: Window, value = 0): tf.Tensor {
  const after = neededPadAfter(window);
  const { padBefore } = window;
  return tf.pad(
    x,
    [
      [0, 0],
      [padBefore[0], after[0]],
      [padBefore[1], after[1]],
      [0, 0],
    ],
    value,
  );
}

/** What a window position sees for each output pixel, [n, out h, out w, c]. */
function seen(padded: tf.Tensor, { strides, dilations, outSize }: Window, { y, x }: Place): tf.Tensor {
  const [n, , , c] = padded.shape as Four;
  const begin = [0, y * dilations[0], x * dilations[1], 0];
  const end = [n, begin[1] + (outSize[0] - 1) * strides[0] + 1, begin[2] + (outSize[1] - 1) * strides[1] + 1, c];
  return tf.stridedSlice(padded, begin, end, [1, ...strides, 1]);
}

/** The transpose of `padded` and `seen`: scatters output values to where the position saw them. */
function unseen(dy: tf.Tensor, window: Window, { y, x }: Place): tf.Tensor {
  const { strides, dilations, inSize, padBefore } = window;
  const after = neededPadAfter(window);
  const [n, , , c] = dy.shape as Four;
  const at = [y * dilations[0], x * dilations[1]];
  const whole = [0, 1].map((axis) => inSize[axis] + padBefore[axis] + after[axis]);
  const spread = [0, 1].reduce((values, axis) => spreadOut(values, axis + 1, strides[axis]), dy);
  const around = tf.pad(spread, [
    [0, 0],
    [at[0], Math.max(0, whole[0] - at[0] - spread.shape[1]!)],
    [at[1], Math.max(0, whole[1] - at[1] - spread.shape[2]!)],
    [0, 0],
  ]);
  return tf.slice(around, [0, padBefore[0], padBefore[1], 0], [n, inSize[0], inSize[1], c]);
}

/** Inserts zeros between the values of an axis, but not after the last. */
function spreadOut(x: tf.Tensor, axis: number, stride: number): tf.Tensor {
  if (stride === 1) return x;
  const { shape } = x;
  const apart = tf.reshape(x, [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]);
  const paddings = apart.shape.map((_, i): [number, number] => [0, i === axis + 1 ? stride - 1 : 0]);
  const joined = tf.reshape(
    tf.pad(apart, paddings),
    shape.map((length, i) => (i === axis ? length * stride : length)),
  );
  return tf.slice(
    joined,
    shape.map(() => 0),
    joined.shape.map((length, i) => (i === axis ? length - stride + 1 : length)),
  );
}

const rows = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [-1, x.shape[3]!]);
/** The kernel's matrix at a position, [in, out]; for a depthwise one [channels, factor]. */
function weights(filter: tf.Tensor, { y, x }: Place): tf.Tensor2D {
  const [, , channels, out] = filter.shape;
  return tf.reshape(tf.slice(filter, [y, x, 0, 0], [1, 1, channels, out]), [channels, out]);
}
/** Gradients of all positions, as a kernel. */
const asKernel = (each: readonly tf.Tensor[], shape: readonly number[]): tf.Tensor =>
  tf.reshape(
    tf.concat(
      each.map((one) => tf.reshape(one, [1, -1])),
      0,
    ),
    [...shape],
  );

/** A channel's values times each of its factors, [n, h, w, c · factor]. */
function widened(x: tf.Tensor, kernel: tf.Tensor2D): tf.Tensor {
  const [n, h, w, c] = x.shape;
  const [, factor] = kernel.shape;
  return tf.reshape(tf.mul(tf.reshape(x, [n, h, w, c, 1]), kernel), [n, h, w, c * factor]);
}

const split = (dy: tf.Tensor, channels: number): tf.Tensor => {
  const [n, h, w, c] = dy.shape;
  return tf.reshape(dy, [n, h, w, channels, c / channels]);
};

/** How many pixels of the image each output pixel averages, [1, out h, out w, 1]. */
function counts(window: Window): tf.Tensor {
  const image = tf.ones([1, window.inSize[0], window.inSize[1], 1]);
  const around = padded(image, window);
  return sum(places(window).map((place) => seen(around, window, place)));
}

function maximum(x: tf.Tensor, window: Window): tf.Tensor {
  const around = padded(x, window, -3.4028234663852886e38);
  return places(window)
    .map((place) => seen(around, window, place))
    .reduce((most, next) => tf.maximum(most, next));
}

/** The gradient goes to the first position with the maximum. */
function maximumGradient(dy: tf.Tensor, input: tf.Tensor, output: tf.Tensor, window: Window): tf.Tensor {
  const around = padded(input, window, -3.4028234663852886e38);
  let taken: tf.Tensor = tf.zerosLike(dy);
  return sum(
    places(window).map((place) => {
      const here = tf.cast(tf.equal(seen(around, window, place), output), 'float32');
      const first = tf.mul(here, tf.sub(1, taken));
      taken = tf.add(taken, first);
      return unseen(tf.mul(dy, first), window, place);
    }),
  );
}

export const networkComposites = {
  Conv2D: ({ x, filter }, _, node) => {
    const window = windowOf(node);
    const around = padded(x, window);
    return tf.reshape(
      sum(places(window).map((place) => tf.matMul(rows(seen(around, window, place)), weights(filter, place)))),
      [...node.outputs[0].shape],
    );
  },
  Conv2DBackpropInput: ({ dy, filter }, _, node) => {
    const window = windowOf(node);
    return sum(
      places(window).map((place) => {
        const slope = tf.matMul(rows(dy), weights(filter, place), false, true);
        return unseen(tf.reshape(slope, [...dy.shape.slice(0, 3), window.inChannels]), window, place);
      }),
    );
  },
  Conv2DBackpropFilter: ({ x, dy }, { filterShape }, node) => {
    const window = windowOf(node);
    const around = padded(x, window);
    return asKernel(
      places(window).map((place) => tf.matMul(rows(seen(around, window, place)), rows(dy), true, false)),
      filterShape,
    );
  },
  DepthwiseConv2dNative: ({ x, filter }, _, node) => {
    const window = windowOf(node);
    const around = padded(x, window);
    return sum(places(window).map((place) => widened(seen(around, window, place), weights(filter, place))));
  },
  DepthwiseConv2dNativeBackpropInput: ({ dy, filter }, _, node) => {
    const window = windowOf(node);
    const apart = split(dy, window.inChannels);
    return sum(places(window).map((place) => unseen(tf.sum(tf.mul(apart, weights(filter, place)), 4), window, place)));
  },
  DepthwiseConv2dNativeBackpropFilter: ({ x, dy }, { filterShape }, node) => {
    const window = windowOf(node);
    const around = padded(x, window);
    const apart = split(dy, window.inChannels);
    return asKernel(
      places(window).map((place) => tf.sum(tf.mul(tf.expandDims(seen(around, window, place), 4), apart), [0, 1, 2])),
      filterShape,
    );
  },
  MaxPool: ({ x }, _, node) => maximum(x, windowOf(node)),
  MaxPoolGrad: ({ dy, input, output }, _, node) => maximumGradient(dy, input, output, windowOf(node)),
  AvgPool: ({ x }, _, node) => {
    const window = windowOf(node);
    const around = padded(x, window);
    return tf.div(sum(places(window).map((place) => seen(around, window, place))), counts(window));
  },
  AvgPoolGrad: ({ dy }, _, node) => {
    const window = windowOf(node);
    // tfjs's own gradient divides by the full window even if it is partly outside
    const share = tf.div(dy, window.kernel[0] * window.kernel[1]);
    return sum(places(window).map((place) => unseen(share, window, place)));
  },
  FusedBatchNorm: ({ x, mean, variance, scale, offset }, { varianceEpsilon }) => {
    const inverse = tf.rsqrt(tf.add(variance, varianceEpsilon));
    const normalised = tf.mul(tf.sub(x, mean), scale ? tf.mul(inverse, scale) : inverse);
    return offset ? tf.add(normalised, offset) : normalised;
  },
} satisfies Composites;
