/** Cross-entropy over a batch, with label smoothing (Szegedy et al., arXiv 1512.00567, section 7). */
import { softmaxCrossEntropy, targetEntry } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

export const smoothing = z
  .number()
  .min(0)
  .lt(1)
  .default(0)
  .describe('label smoothing: this fraction of each label is spread evenly over all identities');

/**
 * The batch mean of −Σ_j q_j·log softmax(z)_j with q = (1 − ε)·onehot(y) + ε/identities. Since Σ q_j = 1, this is −log
 * softmax(z)_y + ε·(z_y − mean_j z_j): the loss from logits plus a linear term.
 */
export function meanCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D, epsilon = 0): tf.Scalar {
  const plain = tf.mean<tf.Scalar>(softmaxCrossEntropy(logits, labels));
  if (epsilon === 0) return plain;
  return tf.add(plain, tf.mul(tf.mean(tf.sub(targetEntry(logits, labels), tf.mean(logits, 1, true))), epsilon));
}
