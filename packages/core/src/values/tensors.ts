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

/** Bytes for a step's inputs, such as pixels: a quarter of the size of floats. Inside the step they are int32, 0 to 255. */
export interface ByteTensor {
  readonly shape: readonly number[];
  readonly dtype: 'uint8';
  readonly data: Uint8Array;
}
/** What a call of a step is given. */
export type InputTensors = Readonly<Record<string, HostTensor | ByteTensor>>;

function requireSize(shape: readonly number[], { length }: ArrayLike<number>): void {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (size !== length) throw new RangeError(`shape [${shape.join(', ')}] holds ${size} numbers, got ${length}`);
}

export function hostTensor(shape: readonly number[], data: Float32Array | Int32Array): HostTensor {
  requireSize(shape, data);
  return { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32', data };
}

export function byteTensor(shape: readonly number[], data: Uint8Array): ByteTensor {
  requireSize(shape, data);
  return { shape, dtype: 'uint8', data };
}

export const hostScalar = (value: number): HostTensor => hostTensor([], Float32Array.of(value));

/** A float32 tensor filled with one value. */
export function filled(shape: readonly number[], value: number): HostTensor {
  const data = new Float32Array(shape.reduce((product, dimension) => product * dimension, 1));
  // zeros take no memory until they are written
  return hostTensor(shape, Object.is(value, 0) ? data : data.fill(value));
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
