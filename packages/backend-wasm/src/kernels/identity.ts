/**
 * Identity without a copy: tensors do not change, so a clone shares the memory and counts the reference, as on tfjs's other backends.
 * tfjs clones every tensor that a gradient needs, which tfjs-backend-wasm answers with a copy of it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerMemoryKernel } from './register.js';

export function registerIdentity(): void {
  registerMemoryKernel<{ x: tf.TensorInfo }, unknown>(tf.Identity, ({ x }, _, backend) => {
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });
}
