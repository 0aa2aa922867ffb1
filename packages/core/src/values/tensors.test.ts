/** Named host tensors. */
import { expect, test } from 'vitest';
import { filled, hostScalar, hostTensor, prefixed, stripPrefix } from './tensors.js';

test('shape, dtype and values match', () => {
  expect(hostTensor([2, 2], Float32Array.of(1, 2, 3, 4))).toMatchObject({ shape: [2, 2], dtype: 'float32' });
  expect(hostTensor([1], Int32Array.of(1)).dtype).toBe('int32');
  expect(() => hostTensor([2, 3], new Float32Array(5))).toThrow('shape [2, 3] holds 6 numbers, got 5');
  expect([...filled([2, 2], 3).data, ...hostScalar(4).data]).toEqual([3, 3, 3, 3, 4]);
  expect(filled([0, 3], 1).data.length).toBe(0);
});

test('prefixes are added to names and removed again', () => {
  const tensors = { 'block/kernel': 1, bias: 2 };
  expect(prefixed('params', tensors)).toEqual({ 'params/block/kernel': 1, 'params/bias': 2 });
  expect(stripPrefix('params', { ...prefixed('params', tensors), ...prefixed('params2', tensors), params: 3 })).toEqual(
    tensors,
  );
});
