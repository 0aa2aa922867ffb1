/** Elementwise ops in terms of simpler ones. */
import * as tf from '@tensorflow/tfjs-core';
import type { Composites } from './composite.js';

const SELU_ALPHA = 1.7580993408473768;
const SELU_SCALE = 1.0507009873554805;

const list = (inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor[] => Object.values(inputs);
const float = (x: tf.Tensor): tf.Tensor => tf.cast(x, 'float32');
const scalarLike = (x: tf.Tensor, value: number): tf.Scalar => tf.scalar(value, x.dtype as 'float32');
/** Avoids `tf.where`'s broadcasting, which needs further ops. */
const choose = (condition: tf.Tensor, t: tf.Tensor | number, e: tf.Tensor): tf.Tensor =>
  tf.where(condition, typeof t === 'number' ? tf.mul(tf.onesLike(e), t) : t, e);

export const elementwiseComposites = {
  AddN: (inputs) => list(inputs).reduce((sum, next) => tf.add(sum, next)),
  Square: ({ x }) => tf.mul(x, x),
  SquaredDifference: ({ a, b }) => tf.square(tf.sub(a, b)),
  Neg: ({ x }) => tf.mul(x, scalarLike(x, -1)),
  Reciprocal: ({ x }) => tf.div(tf.onesLike(float(x)), float(x)),
  Rsqrt: ({ x }) => tf.div(tf.onesLike(float(x)), tf.sqrt(x)),
  Relu: ({ x }) => tf.maximum(x, scalarLike(x, 0)),
  Relu6: ({ x }) => tf.minimum(tf.maximum(x, scalarLike(x, 0)), scalarLike(x, 6)),
  ClipByValue: ({ x }, { clipValueMin, clipValueMax }) =>
    tf.minimum(tf.maximum(x, scalarLike(x, clipValueMin)), scalarLike(x, clipValueMax)),
  LeakyRelu: ({ x }, { alpha }) => {
    const value = float(x);
    return tf.where(tf.greater(value, 0), value, tf.mul(value, alpha));
  },
  Prelu: ({ x, alpha }) => tf.where(tf.greaterEqual(x, 0), x, tf.mul(x, alpha)),
  Elu: ({ x }) => {
    const value = float(x);
    return tf.where(tf.greaterEqual(value, 0), value, tf.expm1(value));
  },
  EluGrad: ({ dy, y }) => tf.where(tf.greaterEqual(y, 0), dy, tf.mul(dy, tf.add(y, 1))),
  Selu: ({ x }) => {
    const value = float(x);
    return tf.where(tf.greaterEqual(value, 0), tf.mul(value, SELU_SCALE), tf.mul(tf.expm1(value), SELU_ALPHA));
  },
  Sigmoid: ({ x }) => tf.reciprocal(tf.add(tf.exp(tf.neg(float(x))), 1)),
  Softplus: ({ x }) => {
    const value = float(x);
    return tf.add(tf.maximum(value, 0), tf.log1p(tf.exp(tf.neg(tf.abs(value)))));
  },
  // Abramowitz and Stegun, 7.1.26, accurate to 1.5e-7, as in tfjs
  Erf: ({ x }) => {
    const t = tf.reciprocal(tf.add(tf.mul(tf.abs(x), 0.3275911), 1));
    const polynomial = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592].reduce<tf.Tensor>(
      (sum, coefficient) => tf.mul(tf.add(sum, coefficient), t),
      tf.zerosLike(t),
    );
    return tf.mul(tf.sign(x), tf.sub(1, tf.mul(polynomial, tf.exp(tf.neg(tf.square(x))))));
  },
  Expm1: ({ x }) => tf.sub(tf.exp(float(x)), 1),
  Log1p: ({ x }) => tf.log(tf.add(float(x), 1)),
  Tan: ({ x }) => tf.div(tf.sin(x), tf.cos(x)),
  Sinh: ({ x }) => tf.mul(tf.sub(tf.exp(x), tf.exp(tf.neg(x))), 0.5),
  Cosh: ({ x }) => tf.mul(tf.add(tf.exp(x), tf.exp(tf.neg(x))), 0.5),
  Tanh: ({ x }) => {
    const power = tf.exp(tf.mul(tf.clipByValue(float(x), -15, 15), 2));
    return tf.div(tf.sub(power, 1), tf.add(power, 1));
  },
  Acosh: ({ x }) => tf.log(tf.add(x, tf.sqrt(tf.sub(tf.square(float(x)), 1)))),
  Asinh: ({ x }) => {
    const size = tf.abs(float(x));
    return tf.mul(tf.sign(float(x)), tf.log(tf.add(size, tf.sqrt(tf.add(tf.square(size), 1)))));
  },
  Atanh: ({ x }) => tf.mul(tf.log(tf.div(tf.add(float(x), 1), tf.sub(1, float(x)))), 0.5),
  Step: ({ x }, { alpha }) =>
    choose(tf.isNaN(x), x, choose(tf.greater(x, scalarLike(x, 0)), 1, tf.mul(tf.onesLike(x), scalarLike(x, alpha)))),
  Sign: ({ x }) =>
    tf.sub(
      tf.cast(tf.greater(x, scalarLike(x, 0)), x.dtype as 'float32'),
      tf.cast(tf.less(x, scalarLike(x, 0)), x.dtype as 'float32'),
    ),
  // the result has the sign of the divisor
  Mod: ({ a, b }) => {
    const [x, y] = [float(a), float(b)];
    return tf.cast(tf.sub(x, tf.mul(tf.floor(tf.div(x, y)), y)), a.dtype as 'float32');
  },
  FloorDiv: ({ a, b }) => tf.cast(tf.floor(tf.div(float(a), float(b))), 'int32'),
  NotEqual: ({ a, b }) => tf.logicalNot(tf.equal(a, b)),
  LessEqual: ({ a, b }) => tf.greaterEqual(b, a),
  Less: ({ a, b }) => tf.greater(b, a),
  GreaterEqual: ({ a, b }) => tf.logicalOr(tf.greater(a, b), tf.equal(a, b)),
  LogicalAnd: ({ a, b }) => tf.cast(tf.mul(tf.cast(a, 'int32'), tf.cast(b, 'int32')), 'bool'),
  LogicalOr: ({ a, b }) => tf.logicalNot(tf.logicalAnd(tf.logicalNot(a), tf.logicalNot(b))),
  IsFinite: ({ x }) => tf.logicalNot(tf.logicalOr(tf.isNaN(x), tf.isInf(x))),
  IsInf: ({ x }) => tf.equal(tf.abs(float(x)), Infinity),
  IsNan: ({ x }) => tf.notEqual(x, x),
  ZerosLike: ({ x }) => tf.fill(x.shape, 0, x.dtype as 'float32'),
  OnesLike: ({ x }) => tf.fill(x.shape, 1, x.dtype as 'float32'),
  Softmax: ({ logits }) => {
    const powers = tf.exp(tf.sub(logits, tf.max(logits, -1, true)));
    return tf.div(powers, tf.sum(powers, -1, true));
  },
  LogSoftmax: ({ logits }) => {
    const shifted = tf.sub(logits, tf.max(logits, -1, true));
    return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
  },
} satisfies Composites;
