// Matrix products, convolutions and pooling against tfjs's own kernels.
import * as tf from '@tensorflow/tfjs-core';
import { describe } from 'vitest';
import { checkOn, stdEngine } from './std-check.js';

const engine = stdEngine();
const check = checkOn(engine);

describe('network', () => {
  check('matrices', { a: [3, 4], b: [4, 5], c: [2, 3, 4], d: [2, 4, 3] }, ({ a, b, c, d }) => [
    tf.matMul(a, b),
    tf.matMul(b, a, true, true),
    tf.matMul(c, d),
    tf.matMul(c, c, false, true),
    tf.matMul(d, d, true),
  ]);
  for (const [size, kernel, stride, pad] of [
    [7, 3, 1, 'same'],
    [8, 3, 2, 'same'],
    [8, 3, 2, 1],
    [9, 3, 2, 'valid'],
    [8, 2, 3, 'valid'],
    [5, 1, 1, 'same'],
    [6, 1, 2, 'same'],
    [7, 7, 1, 'valid'],
  ] as const) {
    const padding =
      typeof pad === 'number'
        ? ([
            [0, 0],
            [pad, pad],
            [pad, pad],
            [0, 0],
          ] as tf.backend_util.ExplicitPadding)
        : pad;
    check(
      `convolution ${kernel}×${kernel} on ${size}, stride ${stride}, ${pad}, and its gradients`,
      { x: [2, size, size, 3], w: [kernel, kernel, 3, 4] },
      ({ x, w }) => {
        const { value, grads } = tf.valueAndGrads((x, w) =>
          tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, padding))),
        )([x, w]);
        return [value, ...grads];
      },
      1e-5,
    );
    check(
      `depthwise ${kernel}×${kernel} on ${size}, stride ${stride}, ${pad}, and its gradients`,
      { x: [2, size, size, 3], w: [kernel, kernel, 3, 1] },
      ({ x, w }) => {
        const { value, grads } = tf.valueAndGrads((x, w) =>
          tf.sum(tf.square(tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, padding))),
        )([x, w]);
        return [value, ...grads];
      },
      1e-5,
    );
  }
  for (const [stride, pad] of [
    [1, 'same'],
    [2, 'same'],
    [2, 'valid'],
  ] as const) {
    check(
      `gradients of depthwise with two kernels per channel, stride ${stride}, ${pad}`,
      { x: [2, 6, 6, 3], w: [3, 3, 3, 2] },
      ({ x, w }) =>
        tf.grads((x, w) => tf.sum(tf.square(tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad))))([
          x,
          w,
        ]),
      1e-5,
    );
  }
  check(
    'depthwise with two kernels per channel',
    { x: [2, 6, 6, 3], w: [3, 3, 3, 2] },
    ({ x, w }) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
    1e-5,
  );
  check(
    'pooling and its gradient',
    { x: [2, 7, 7, 3] },
    ({ x }) => [
      tf.maxPool(x as tf.Tensor4D, 3, 2, 'same'),
      tf.avgPool(x as tf.Tensor4D, 3, 2, 'same'),
      tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.maxPool(x as tf.Tensor4D, 3, 2, 'valid'))))(x),
    ],
    1e-5,
  );
  check(
    'batch norm in inference',
    { x: [2, 3, 3, 4], m: [4], v: [4], g: [4] },
    ({ x, m, v, g }) =>
      tf.batchNorm(
        x as tf.Tensor4D,
        m as tf.Tensor1D,
        tf.add(tf.abs(v), 0.1) as tf.Tensor1D,
        undefined,
        g as tf.Tensor1D,
      ),
    1e-5,
  );
  check(
    'PReLU between convolutions, slopes beyond ±1, with and without whole blocks of channels',
    { x: [2, 6, 6, 3], w: [3, 3, 3, 16], v: [3, 3, 16, 6], a: [16], b: [6] },
    ({ x, w, v, a, b }) => {
      const y = tf.prelu(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), tf.mul(a, 3)) as tf.Tensor4D;
      return [y, tf.prelu(tf.conv2d(y, v as tf.Tensor4D, 2, 'valid'), tf.mul(b, -3))];
    },
    1e-5,
  );
  check('fused', { x: [1, 5, 5, 2], w: [3, 3, 2, 4], b: [4] }, ({ x, w, b }) =>
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: w as tf.Tensor4D,
      strides: 1,
      pad: 'same',
      bias: b,
      activation: 'relu',
    }),
  );
});
