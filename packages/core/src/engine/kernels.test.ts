/** Kernels of other libraries converted to the layout of tfjs. */
import { expect, test } from 'vitest';
import { hostTensor } from '../values/tensors.js';
import { kernelFromOutputFirst } from './kernels.js';

const SHAPE = [2, 3, 4, 5];
const numbered = hostTensor(
  SHAPE,
  Float32Array.from({ length: 120 }, (_, index) => index),
);
const at = (shape: readonly number[], ...place: number[]): number =>
  place.reduce((index, coordinate, axis) => index * shape[axis] + coordinate, 0);

test.each([
  ['[out, in, h, w] becomes [h, w, in, out]', false, [4, 5, 3, 2]],
  ['[channels, m, h, w] becomes [h, w, channels, m]', true, [4, 5, 2, 3]],
])('%s', (_, depthwise, shape) => {
  const turned = kernelFromOutputFirst(numbered, depthwise);
  expect(turned.shape).toEqual(shape);
  for (let a = 0; a < 2; a++)
    for (let b = 0; b < 3; b++)
      for (let y = 0; y < 4; y++)
        for (let x = 0; x < 5; x++)
          expect(turned.data[depthwise ? at(shape, y, x, a, b) : at(shape, y, x, b, a)]).toBe(at(SHAPE, a, b, y, x));
});

test('a matrix becomes a 1×1 kernel', () => {
  const matrix = hostTensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
  expect(kernelFromOutputFirst(matrix, false)).toEqual(hostTensor([1, 1, 3, 2], Float32Array.of(1, 4, 2, 5, 3, 6)));
});
