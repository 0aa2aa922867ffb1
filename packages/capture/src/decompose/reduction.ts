/** Reductions in terms of simpler ops. */
import * as tf from '@tensorflow/tfjs-core';
import type { Composites } from './composite.js';

const lengthOf = (x: tf.Tensor, axes: readonly number[]): number =>
  axes.reduce((product, axis) => product * x.shape[axis], 1);

export const reductionComposites = {
  Mean: ({ x }, { axis, keepDims }) =>
    tf.mul(tf.sum(tf.cast(x, 'float32'), [...axis], keepDims), 1 / lengthOf(x, axis)),
  Min: ({ x }, { axis, keepDims }) => tf.neg(tf.max(tf.neg(x), [...axis], keepDims)),
  Prod: ({ x }, { axis, keepDims }, { outputs: [{ shape }] }) => {
    const product = axis.reduce<tf.Tensor>(
      (current, one) => tf.split(current, current.shape[one]!, one).reduce((result, next) => tf.mul(result, next)),
      x,
    );
    return keepDims ? product : tf.reshape(product, [...shape]);
  },
  All: ({ x }, { axis, keepDims }) => tf.cast(tf.min(tf.cast(x, 'int32'), [...axis], keepDims), 'bool'),
  Any: ({ x }, { axis, keepDims }) => tf.cast(tf.max(tf.cast(x, 'int32'), [...axis], keepDims), 'bool'),
  // the first position with the maximum
  ArgMax: ({ x }, { axis }) => {
    const length = x.shape[axis];
    const places = tf.reshape(
      tf.range(0, length, 1, 'int32'),
      x.shape.map((dimension, i) => (i === axis ? dimension : 1)),
    );
    const largest = tf.equal(x, tf.max(x, axis, true));
    return tf.min(tf.where(largest, tf.broadcastTo(places, x.shape), tf.fill(x.shape, length, 'int32')), axis);
  },
  ArgMin: ({ x }, { axis }) => tf.argMax(tf.neg(x), axis),
} satisfies Composites;
