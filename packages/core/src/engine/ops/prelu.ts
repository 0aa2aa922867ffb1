/**
 * PReLU with one slope per channel (He et al., arXiv 1502.01852): y = x for x ≥ 0, α·x otherwise. Its gradient is a
 * single kernel.
 *
 *   ∂x = dy·(x ≥ 0 ? 1 : α),  ∂α = Σ dy·min(x, 0)
 */
import * as tf from '@tensorflow/tfjs-core';
import { channelSum, registerComposed } from './composed.js';

export const PRELU_GRADIENT = 'FacewrightPreluGradient';

/** `x` [..., channels], `alpha` [channels]. Any slope is allowed: trained slopes above 1 and below −1 occur. */
export function prelu<T extends tf.Tensor>(x: T, alpha: tf.Tensor1D): T {
  const op = tf.customGrad((x, alpha, save) => {
    (save as tf.GradSaveFunc)([x as tf.Tensor, alpha as tf.Tensor]);
    return {
      value: tf.prelu(x as tf.Tensor, alpha as tf.Tensor),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.engine().runKernel(PRELU_GRADIENT, { x: saved[0], alpha: saved[1], dy }) as unknown as tf.Tensor[],
    };
  });
  return op(x, alpha) as T;
}

export function registerPreluGradient(tfBackend: string): void {
  registerComposed(PRELU_GRADIENT, tfBackend, ({ x, alpha, dy }) => {
    const negative = tf.minimum(x, 0);
    return [tf.where(tf.greaterEqual(x, 0), dy, tf.mul(dy, alpha)), channelSum(tf.mul(dy, negative))];
  });
}
