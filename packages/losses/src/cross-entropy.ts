/** Cross-entropy over a batch, with label smoothing (Szegedy et al., arXiv 1512.00567, section 7). */
import { softmaxCrossEntropy, targetEntry } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { LeftOut } from './filter.js';

export const smoothing = z
  .number()
  .min(0)
  .lt(1)
  .default(0)
  .describe('label smoothing: this fraction of each label is spread evenly over all identities');

/**
 * The batch mean of −Σ_j q_j·log softmax(z)_j with q = (1 − ε)·onehot(y) + ε/identities. Since Σ q_j = 1, this is −log
 * softmax(z)_y + ε·(z_y − mean_j z_j): the loss from logits plus a linear term. Both the softmax and ε are spread over
 * the identities that are not left out.
 */
export function meanCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D, epsilon = 0, leftOut?: LeftOut): tf.Scalar {
  const plain = tf.mean<tf.Scalar>(softmaxCrossEntropy(leftOut ? tf.add(logits, leftOut.shift) : logits, labels));
  if (epsilon === 0) return plain;
  const average = leftOut
    ? tf.div(tf.sum(tf.mul(logits, leftOut.takesPart), 1, true), tf.sum(leftOut.takesPart, 1, true))
    : tf.mean(logits, 1, true);
  return tf.add(plain, tf.mul(tf.mean(tf.sub(targetEntry(logits, labels), average)), epsilon));
}
