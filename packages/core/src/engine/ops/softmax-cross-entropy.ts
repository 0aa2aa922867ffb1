/**
 * Cross-entropy from logits and integer labels, per image: L = log Σ exp z_j − z_y, ∂z = (softmax(z) − onehot(y))·dL.
 * Computed from shifted logits, so no probability is ever clipped: the clipped form has no gradient once it saturates.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerComposed } from './composed.js';

export const SOFTMAX_CROSS_ENTROPY = 'FacewrightSoftmaxCrossEntropy';
export const SOFTMAX_CROSS_ENTROPY_GRADIENT = 'FacewrightSoftmaxCrossEntropyGradient';

/** `logits` [n, classes], `labels` [n] int32 in [0, classes); gives [n]. */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  const op = tf.customGrad((z, save) => {
    (save as tf.GradSaveFunc)([z as tf.Tensor, labels]); // otherwise labels created inside the step would be disposed of before the gradient runs
    return {
      value: tf.engine().runKernel(SOFTMAX_CROSS_ENTROPY, { logits: z as tf.Tensor, labels }) as tf.Tensor,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.engine().runKernel(SOFTMAX_CROSS_ENTROPY_GRADIENT, { logits: saved[0], labels: saved[1], dy }) as tf.Tensor,
    };
  });
  return op(logits) as tf.Tensor1D;
}

export function registerSoftmaxCrossEntropy(tfBackend: string): void {
  registerComposed(SOFTMAX_CROSS_ENTROPY, tfBackend, ({ logits, labels }) => {
    const shifted = tf.sub(logits, tf.max(logits, 1, true));
    const target = tf.sum(tf.mul(tf.oneHot(labels as tf.Tensor1D, logits.shape[1]!, 1, 0, 'float32'), shifted), 1);
    return tf.sub(tf.log(tf.sum(tf.exp(shifted), 1)), target);
  });
  registerComposed(SOFTMAX_CROSS_ENTROPY_GRADIENT, tfBackend, ({ logits, labels, dy }) => {
    const difference = tf.sub(
      tf.softmax(logits as tf.Tensor2D),
      tf.oneHot(labels as tf.Tensor1D, logits.shape[1]!, 1, 0, 'float32'),
    );
    return tf.mul(difference, tf.reshape(dy, [-1, 1]));
  });
}
