/** The operations every engine must support, each with an exact reference: the table behind the backend suite. */
import { addToTarget, batchNormTraining, prelu, softmaxCrossEntropy, targetEntry } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import * as exact from './support/reference.js';

export interface OpCase {
  readonly name: string;
  /** Shapes of the float32 inputs. */
  readonly inputs: readonly (readonly number[])[];
  readonly op: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly exact: exact.ExactFunction;
  /** Standard deviation of the inputs, which are normal draws; default 1. */
  readonly scale?: number;
  /** Inputs become |v| + 0.5, for functions of positive numbers. */
  readonly positive?: boolean;
  /** Set to false if tfjs itself has no gradient. */
  readonly gradient?: false;
}

const LABELS = [2, 0, 3, 2];
const labels = (): tf.Tensor1D => tf.tensor1d(LABELS, 'int32');
const as4D = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;
const as2D = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D;
const as1D = (x: tf.Tensor): tf.Tensor1D => x as tf.Tensor1D;

/** What leaves a class out of a softmax, and above which logit. */
const OUT = -1e4;
const LARGEST = 0.5;
const isLargest = (value: number, row: number, c: number): boolean => c !== LABELS[row] && value > LARGEST;

/** `OUT` for logits of other classes above `LARGEST`, 0 for all others; no gradient flows through it. */
const largestOut = (z: tf.Tensor): tf.Tensor =>
  tf.customGrad((given) => ({
    value: tf.mul(
      tf.cast(tf.greater(addToTarget(as2D(given as tf.Tensor), labels(), tf.fill([4, 1], -100)), LARGEST), 'float32'),
      OUT,
    ),
    gradFunc: () => tf.zeros([4, 5]),
  }))(z);

function conv(
  name: string,
  size: number,
  kernel: number,
  stride: number,
  pad: number | 'same' | 'valid',
  expected: exact.ConvolutionOptions,
): OpCase {
  return {
    name: `conv2d ${name}`,
    inputs: [
      [2, size, size, 3],
      [kernel, kernel, 3, 5],
    ],
    op: (x, w) => tf.conv2d(as4D(x), as4D(w), stride, pad),
    exact: exact.conv2d({ stride, ...expected }),
  };
}

function depthwise(
  name: string,
  size: number,
  kernel: number,
  stride: number,
  pad: number | 'same' | 'valid',
  expected: exact.ConvolutionOptions,
): OpCase {
  return {
    name: `depthwiseConv2d ${name}`,
    inputs: [
      [2, size, size, 5],
      [kernel, kernel, 5, 1],
    ],
    op: (x, w) => tf.depthwiseConv2d(as4D(x), as4D(w), stride, pad, 'NHWC', expected.dilation ?? 1),
    exact: exact.depthwise({ stride, ...expected }),
  };
}

function unary(name: string, op: (x: tf.Tensor) => tf.Tensor, f: (value: number) => number, positive = false): OpCase {
  return { name, inputs: [[3, 4]], op, exact: exact.elementwise(f), positive };
}

function binary(
  name: string,
  op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  f: (a: number, b: number) => number,
  a: readonly number[],
  b: readonly number[],
  positive = false,
): OpCase {
  return { name: `${name} [${a}] and [${b}]`, inputs: [a, b], op, exact: exact.elementwise(f), positive };
}

const reduced = (name: string, op: (x: tf.Tensor) => tf.Tensor, f: exact.ExactFunction): OpCase => ({
  name,
  inputs: [[3, 4, 5]],
  op,
  exact: f,
});

export const OPS: readonly OpCase[] = [
  conv('3x3, padded by 1', 5, 3, 1, 1, { before: 1, outSize: 5 }),
  conv('3x3, stride 2, padded by 1, even size', 6, 3, 2, 1, { before: 1, outSize: 3 }),
  conv('3x3, stride 2, padded by 1, odd size', 5, 3, 2, 1, { before: 1, outSize: 3 }),
  conv('3x3, stride 2, same', 6, 3, 2, 'same', { before: 0, outSize: 3 }),
  conv('3x3, valid', 5, 3, 1, 'valid', { outSize: 3 }),
  conv('1x1', 4, 1, 1, 0, { outSize: 4 }),
  conv('1x1, stride 2', 5, 1, 2, 0, { outSize: 3 }),
  conv('2x2, stride 2', 6, 2, 2, 'valid', { outSize: 3 }),
  depthwise('3x3, padded by 1', 5, 3, 1, 1, { before: 1, outSize: 5 }),
  depthwise('3x3, stride 2, padded by 1, even size', 6, 3, 2, 1, { before: 1, outSize: 3 }),
  depthwise('3x3, stride 2, padded by 1, odd size', 5, 3, 2, 1, { before: 1, outSize: 3 }),
  depthwise('3x3, stride 2, same', 6, 3, 2, 'same', { before: 0, outSize: 3 }),
  { ...depthwise('3x3, dilation 2', 6, 3, 1, 'valid', { outSize: 2, dilation: 2 }), gradient: false },
  depthwise('over the whole image', 4, 4, 1, 'valid', { outSize: 1 }),
  {
    name: 'batch norm in training',
    inputs: [[3, 2, 2, 4], [4], [4]],
    op: (x, g, b) => batchNormTraining(x, as1D(g), as1D(b), 1e-3).y,
    exact: exact.batchNorm(1e-3),
  },
  {
    name: 'batch norm in training far from zero',
    inputs: [[6, 4], [4], [4]],
    op: (x, g, b) => batchNormTraining(tf.add(x, 30), as1D(g), as1D(b), 1e-3).y,
    exact: exact.batchNorm(1e-3),
  },
  {
    name: 'PReLU',
    inputs: [[2, 3, 3, 4], [4]],
    op: (x, alpha) => prelu(x, as1D(alpha)),
    exact: exact.prelu,
    scale: 1.5,
  },
  {
    name: 'softmax cross-entropy',
    inputs: [[4, 5]],
    op: (z) => softmaxCrossEntropy(as2D(z), labels()),
    exact: exact.crossEntropy(LABELS),
  },
  {
    name: 'softmax cross-entropy of large logits',
    inputs: [[4, 5]],
    op: (z) => softmaxCrossEntropy(as2D(z), labels()),
    exact: exact.crossEntropy(LABELS),
    scale: 60,
  },
  {
    name: 'softmax cross-entropy without the largest logits of others',
    inputs: [[4, 5]],
    op: (z) => softmaxCrossEntropy(as2D(tf.add(z, largestOut(z))), labels()),
    exact: (z) =>
      exact.crossEntropy(LABELS)(
        exact.build([4, 5], (row, c) => exact.at(z, row, c) + (isLargest(exact.at(z, row, c), row, c) ? OUT : 0)),
      ),
  },
  {
    name: 'the entry at the label',
    inputs: [[4, 5]],
    op: (z) => targetEntry(as2D(z), labels()),
    exact: (z) => exact.build([4, 1], (row) => exact.at(z, row, LABELS[row])),
  },
  {
    name: 'a change at the label',
    inputs: [
      [4, 5],
      [4, 1],
    ],
    op: (z, shift) => addToTarget(as2D(z), labels(), shift),
    exact: (z, shift) =>
      exact.build([4, 5], (row, c) => exact.at(z, row, c) + (c === LABELS[row] ? exact.at(shift, row, 0) : 0)),
  },
  {
    name: 'matMul',
    inputs: [
      [3, 4],
      [4, 5],
    ],
    op: (a, b) => tf.matMul(a, b),
    exact: exact.matMul,
  },
  {
    name: 'matMul, both transposed',
    inputs: [
      [4, 3],
      [5, 4],
    ],
    op: (a, b) => tf.matMul(a, b, true, true),
    exact: (a, b) => exact.build([3, 5], (i, j) => exact.sumOver(4, (k) => exact.at(a, k, i) * exact.at(b, j, k))),
  },
  binary('add', tf.add, (a, b) => a + b, [2, 3, 4], [4]),
  binary('sub', tf.sub, (a, b) => a - b, [4], [2, 3, 4]),
  binary('mul', tf.mul, (a, b) => a * b, [2, 3, 4], [3, 1]),
  binary('mul', tf.mul, (a, b) => a * b, [2, 3], []),
  binary('div', tf.div, (a, b) => a / b, [2, 3, 4], [1, 4], true),
  binary('maximum', tf.maximum, Math.max, [3, 4], [3, 4]),
  binary('minimum', tf.minimum, Math.min, [3, 4], [3, 4]),
  binary(
    'where greaterEqual',
    (a, b) => tf.where(tf.greaterEqual(a, b), a, tf.mul(b, 2)),
    (a, b) => (a >= b ? a : 2 * b),
    [3, 4],
    [3, 4],
  ),
  {
    name: 'the sum of 40 tensors',
    inputs: [[40, 3]],
    op: (x) => tf.addN(tf.unstack(tf.square(x))),
    exact: (x) => exact.build([3], (c) => exact.sumOver(40, (row) => exact.at(x, row, c) ** 2)),
  },
  unary('square', tf.square, (v) => v * v),
  unary('neg', tf.neg, (v) => -v),
  unary('abs', tf.abs, Math.abs),
  unary('relu', tf.relu, (v) => Math.max(0, v)),
  unary('sigmoid', tf.sigmoid, (v) => 1 / (1 + Math.exp(-v))),
  unary('exp', tf.exp, Math.exp),
  unary('log', tf.log, Math.log, true),
  unary('sqrt', tf.sqrt, Math.sqrt, true),
  unary('rsqrt', tf.rsqrt, (v) => 1 / Math.sqrt(v), true),
  unary(
    'pow',
    (x) => tf.pow(x, 3),
    (v) => v ** 3,
    true,
  ),
  unary(
    'clipByValue',
    (x) => tf.clipByValue(x, -0.7, 0.9),
    (v) => Math.min(0.9, Math.max(-0.7, v)),
  ),
  {
    name: 'transpose',
    inputs: [[2, 3, 4]],
    op: (x) => tf.transpose(x, [2, 0, 1]),
    exact: (x) => exact.build([4, 2, 3], (i, j, k) => exact.at(x, j, k, i)),
  },
  {
    name: 'reshape',
    inputs: [[2, 3, 4]],
    op: (x) => tf.reshape(x, [6, 4]),
    exact: (x) => ({ shape: [6, 4], data: x.data }),
  },
  reduced(
    'sum of all',
    (x) => tf.sum(x),
    (x) => exact.build([], () => exact.sumOver(x.data.length, (i) => x.data[i])),
  ),
  reduced(
    'sum over the last axis',
    (x) => tf.sum(x, -1),
    (x) => exact.build([3, 4], (i, j) => exact.sumOver(5, (k) => exact.at(x, i, j, k))),
  ),
  reduced(
    'sum over the leading axes, kept',
    (x) => tf.sum(x, [0, 1], true),
    (x) => exact.build([1, 1, 5], (_, __, k) => exact.sumOver(12, (i) => x.data[i * 5 + k])),
  ),
  reduced(
    'mean over the first axis',
    (x) => tf.mean(x, 0),
    (x) => exact.build([4, 5], (j, k) => exact.sumOver(3, (i) => exact.at(x, i, j, k)) / 3),
  ),
  reduced(
    'max over the last axis',
    (x) => tf.max(x, 2),
    (x) => exact.build([3, 4], (i, j) => Math.max(...Array.from({ length: 5 }, (_, k) => exact.at(x, i, j, k)))),
  ),
  {
    name: 'gather with repeats',
    inputs: [[5, 3]],
    op: (x) => tf.gather(x, tf.tensor1d([4, 0, 4, 2], 'int32')),
    exact: (x) => exact.build([4, 3], (i, j) => exact.at(x, [4, 0, 4, 2][i], j)),
  },
  {
    name: 'concat',
    inputs: [
      [2, 3],
      [2, 2],
    ],
    op: (a, b) => tf.concat([a, b], 1),
    exact: (a, b) => exact.build([2, 5], (i, j) => (j < 3 ? exact.at(a, i, j) : exact.at(b, i, j - 3))),
  },
  {
    name: 'slice',
    inputs: [[3, 4, 5, 2]],
    op: (x) => tf.slice(x, [1, 0, 2, 0], [2, 3, 2, 2]),
    exact: (x) => exact.build([2, 3, 2, 2], (i, j, k, l) => exact.at(x, i + 1, j, k + 2, l)),
  },
  {
    name: 'pad',
    inputs: [[2, 3, 3, 2]],
    op: (x) =>
      tf.pad(x, [
        [0, 0],
        [1, 2],
        [2, 0],
        [0, 0],
      ]),
    exact: (x) => exact.build([2, 6, 5, 2], (n, i, j, c) => exact.at(x, n, i - 1, j - 2, c)),
  },
  {
    name: 'avgPool',
    inputs: [[2, 4, 4, 3]],
    op: (x) => tf.avgPool(as4D(x), 2, 2, 'valid'),
    exact: (x) =>
      exact.build(
        [2, 2, 2, 3],
        (n, i, j, c) => exact.sumOver(4, (k) => exact.at(x, n, 2 * i + (k >> 1), 2 * j + (k & 1), c)) / 4,
      ),
  },
  {
    name: 'maxPool',
    inputs: [[2, 5, 5, 3]],
    op: (x) => tf.maxPool(as4D(x), 3, 2, 'valid'),
    exact: (x) =>
      exact.build([2, 2, 2, 3], (n, i, j, c) =>
        Math.max(...Array.from({ length: 9 }, (_, k) => exact.at(x, n, 2 * i + Math.floor(k / 3), 2 * j + (k % 3), c))),
      ),
  },
  {
    name: 'maxPool, same',
    inputs: [[1, 4, 4, 2]],
    op: (x) => tf.maxPool(as4D(tf.add(tf.square(x), 1)), 3, 2, 'same'),
    exact: (x) =>
      exact.build(
        [1, 2, 2, 2],
        (n, i, j, c) =>
          1 +
          Math.max(
            ...Array.from({ length: 9 }, (_, k) => exact.at(x, n, 2 * i + Math.floor(k / 3), 2 * j + (k % 3), c) ** 2),
          ),
      ),
  },
];
