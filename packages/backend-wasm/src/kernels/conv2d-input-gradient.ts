/**
 * Conv2DBackpropInput of a 1×1 convolution with stride 1: dy · Wᵀ, itself such a convolution. All others use
 * tfjs-backend-wasm's own kernel, which is a set of plain loops.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WASM } from './register.js';

export function registerConv2DInputGradient(): void {
  const original = tf.getKernel(tf.Conv2DBackpropInput, WASM);
  const kernelFunc: tf.KernelFunc = (call) => {
    const { filter, dy } = call.inputs as { filter: tf.Tensor4D; dy: tf.Tensor4D };
    const { strides, inputShape } = call.attrs as unknown as {
      strides: number | [number, number];
      inputShape: [number, number, number, number];
    };
    const plain =
      filter.shape[0] === 1 &&
      filter.shape[1] === 1 &&
      tf.util.arraysEqual([...dy.shape.slice(0, 3)], inputShape.slice(0, 3));
    if (!plain || Math.max(...[strides].flat()) > 1) return original.kernelFunc(call);
    return tf.tidy(() => tf.conv2d(dy, tf.transpose(filter, [0, 1, 3, 2]), 1, 'valid'));
  };
  tf.unregisterKernel(tf.Conv2DBackpropInput, WASM);
  tf.registerKernel({ ...original, kernelFunc });
}
