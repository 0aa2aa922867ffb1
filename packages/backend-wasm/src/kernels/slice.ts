/** Slice, copied run by run within the module's memory; tfjs-backend-wasm first copies the whole input out of it. */
import * as tf from '@tensorflow/tfjs-core';
import { registerMemoryKernel } from './register.js';

interface Attributes {
  readonly begin: number | number[];
  readonly size: number | number[];
}

export function registerSlice(): void {
  registerMemoryKernel<{ x: tf.Tensor }, Attributes>(tf.Slice, ({ x }, attributes, backend) => {
    const [begin, size] = tf.slice_util.parseSliceParams(x, attributes.begin, attributes.size);
    tf.slice_util.assertParamsValid(x, begin, size);
    const result = backend.makeOutput(size, x.dtype);
    // views come last, because creating a tensor may move the module's memory
    copySlice(backend.typedArrayFromHeap(x), x.shape, begin, size, backend.typedArrayFromHeap(result));
    return result;
  });
}

type Values = ReturnType<Parameters<Parameters<typeof registerMemoryKernel>[1]>[2]['typedArrayFromHeap']>;

function copySlice(
  from: Values,
  shape: readonly number[],
  begin: readonly number[],
  size: readonly number[],
  to: Values,
): void {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, dimension) => product * dimension, 1));
  // from `inner` on, the slice is contiguous: all axes after it are taken whole
  let inner = Math.max(0, shape.length - 1);
  while (inner > 0 && size[inner] === shape[inner]) inner--;
  const run = (size[inner] ?? 1) * (strides[inner] ?? 1);
  let written = 0;
  const copy = (axis: number, offset: number): void => {
    if (axis >= inner) {
      const start = offset + (begin[inner] ?? 0) * (strides[inner] ?? 0);
      to.set(from.subarray(start, start + run), written);
      written += run;
      return;
    }
    for (let i = 0; i < size[axis]; i++) copy(axis + 1, offset + (begin[axis] + i) * strides[axis]);
  };
  if (to.length > 0) copy(0, 0);
}
