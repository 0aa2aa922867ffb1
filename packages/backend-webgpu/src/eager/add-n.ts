/**
 * The sum of many tensors. tfjs's own kernel binds all of them at once. Beyond the device's limit (a network's 186
 * squared gradients) the device rejects it, but nothing throws and the sum is 0. So large sums are added in parts.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Replaces tfjs's own kernel, which adds at most `atOnce`. */
export function registerAddN(tfBackend: string, atOnce: number): void {
  const own = tf.getKernel(tf.AddN, tfBackend)!;
  tf.unregisterKernel(tf.AddN, tfBackend);
  tf.registerKernel({
    ...own,
    kernelFunc: (call) => {
      const terms = call.inputs as unknown as tf.Tensor[];
      if (terms.length <= atOnce) return own.kernelFunc(call);
      return tf.tidy(() =>
        tf.addN(
          Array.from({ length: Math.ceil(terms.length / atOnce) }, (_, part) =>
            tf.addN(terms.slice(part * atOnce, (part + 1) * atOnce)),
          ),
        ),
      );
    },
  });
}
