/** Seeded tensors. Needs no test runner. */
import { hostTensor, type HostTensor, type Random } from '@facewright/core';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dimension) => product * dimension, 1);

/** Normal draws, float32. */
export function normal(shape: readonly number[], random: Random, scale = 1): HostTensor {
  return hostTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => scale * random.normal()),
  );
}
