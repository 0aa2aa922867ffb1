/** Core's training ops in terms of plain tfjs ops. */
import {
  ADD_TO_TARGET,
  BATCH_NORM_TRAINING,
  BATCH_NORM_TRAINING_GRADIENT,
  PRELU_GRADIENT,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_GRADIENT,
  TARGET_ENTRY,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Composites } from './composite.js';

const leading = ({ rank }: tf.Tensor): number[] => Array.from({ length: rank - 1 }, (_, axis) => axis);
const rowsOf = (x: tf.Tensor): number => x.size / x.shape[x.rank - 1];

/** Whether a column is the row's label, [n, classes]. */
const atLabel = (x: tf.Tensor, labels: tf.Tensor): tf.Tensor =>
  tf.equal(tf.reshape(labels, [-1, 1]), tf.range(0, x.shape[1]!, 1, 'int32'));

export const trainingComposites = {
  // the variance is computed around the mean: Σx² − (Σx)²/n loses precision if the mean is far from 0
  [BATCH_NORM_TRAINING]: ({ x, gamma, beta }, { epsilon }) => {
    const mean = tf.mean(x, leading(x));
    const centred = tf.sub(x, mean);
    const variance = tf.mean(tf.square(centred), leading(x));
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
    return [tf.add(tf.mul(centred, scale), beta), mean, variance];
  },
  // ∂x = γ/√(σ² + ε) · (dy − ∂β/n − x̂ · ∂γ/n)
  [BATCH_NORM_TRAINING_GRADIENT]: ({ x, gamma, mean, variance, dy }, { epsilon }) => {
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const normalised = tf.mul(tf.sub(x, mean), inverse);
    const dBeta = tf.sum(dy, leading(x));
    const dGamma = tf.sum(tf.mul(dy, normalised), leading(x));
    const share = 1 / rowsOf(x);
    const rest = tf.add(tf.mul(dBeta, share), tf.mul(normalised, tf.mul(dGamma, share)));
    return [tf.mul(tf.mul(gamma, inverse), tf.sub(dy, rest)), dGamma, dBeta];
  },
  [PRELU_GRADIENT]: ({ x, alpha, dy }) => [
    tf.where(tf.greaterEqual(x, 0), dy, tf.mul(dy, alpha)),
    tf.sum(tf.mul(dy, tf.minimum(x, 0)), leading(x)),
  ],
  [SOFTMAX_CROSS_ENTROPY]: ({ logits, labels }) => {
    const shifted = tf.sub(logits, tf.max(logits, 1, true));
    const right = tf.sum(tf.where(atLabel(logits, labels), shifted, tf.zerosLike(shifted)), 1);
    return tf.sub(tf.log(tf.sum(tf.exp(shifted), 1)), right);
  },
  [SOFTMAX_CROSS_ENTROPY_GRADIENT]: ({ logits, labels, dy }) => {
    const powers = tf.exp(tf.sub(logits, tf.max(logits, 1, true)));
    const share = tf.div(powers, tf.sum(powers, 1, true));
    const hot = tf.cast(atLabel(logits, labels), 'float32');
    return tf.mul(tf.sub(share, hot), tf.reshape(dy, [-1, 1]));
  },
  [TARGET_ENTRY]: ({ x, labels }) => tf.sum(tf.where(atLabel(x, labels), x, tf.zerosLike(x)), 1, true),
  [ADD_TO_TARGET]: ({ x, labels, shift }) => tf.where(atLabel(x, labels), tf.add(x, shift), x),
} satisfies Composites;
