/**
 * OneHot of any dtype: tfjs-backend-wasm's own writes integers, which a float32 result then reads as values near zero.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerMemoryKernel } from './register.js';

interface Attributes {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly dtype: tf.NumericDataType;
}

export function registerOneHot(): void {
  registerMemoryKernel<{ indices: tf.TensorInfo }, Attributes>(
    tf.OneHot,
    ({ indices }, { depth, onValue, offValue, dtype = 'int32' }, backend) => {
      const result = backend.makeOutput([...indices.shape, depth], dtype);
      const values = backend.typedArrayFromHeap(result);
      values.fill(offValue);
      backend.typedArrayFromHeap(indices).forEach((index: number, row: number) => {
        if (index >= 0 && index < depth) values[row * depth + index] = onValue;
      });
      return result;
    },
  );
}
