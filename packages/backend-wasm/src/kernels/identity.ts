/**
 * Identity without a copy: tensors are immutable, so a clone shares the memory and increments the reference count, as
 * on tfjs's other backends. tfjs clones every tensor that a gradient needs, for which tfjs-backend-wasm makes a copy.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerMemoryKernel } from './register.js';

export function registerIdentity(): void {
  registerMemoryKernel<{ x: tf.TensorInfo }, unknown>(tf.Identity, ({ x }, _, backend) => {
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });
}
