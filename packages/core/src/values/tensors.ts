/** Named tensors, on a device or on the host. */
import type { Tensor } from '@tensorflow/tfjs-core';

/** Named tensors. Names are paths (`stage2/block3/expand/kernel`) and serve as checkpoint keys. */
export type State = Readonly<Record<string, Tensor>>;

/** A tensor outside any backend: row-major values in a typed array. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly data: Float32Array | Int32Array;
}
export type HostTensors = Readonly<Record<string, HostTensor>>;

export function hostTensor(shape: readonly number[], data: Float32Array | Int32Array): HostTensor {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (size !== data.length)
    throw new RangeError(`shape [${shape.join(', ')}] holds ${size} numbers, got ${data.length}`);
  return { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32', data };
}

export const hostScalar = (value: number): HostTensor => hostTensor([], Float32Array.of(value));

/** A float32 tensor filled with one value. */
export function filled(shape: readonly number[], value: number): HostTensor {
  return hostTensor(shape, new Float32Array(shape.reduce((product, dimension) => product * dimension, 1)).fill(value));
}

/** `{ kernel }` under `stem` becomes `{ 'stem/kernel' }`. */
export function prefixed<T>(prefix: string, tensors: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));
}

/** The tensors under `prefix/`, with the prefix removed. */
export function stripPrefix<T>(prefix: string, tensors: Readonly<Record<string, T>>): Record<string, T> {
  const start = `${prefix}/`;
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(start) ? [[name.slice(start.length), tensor]] : [],
    ),
  );
}
