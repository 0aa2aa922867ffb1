import { expect, test } from 'vitest';
import { encodeNpy } from './npy.js';

test('the header follows numpy 1.0 and ends at a multiple of 64, and the numbers are little-endian rows', () => {
  const file = encodeNpy([Float32Array.of(1, -2), Float32Array.of(0.5, 4)], 2);
  const text = Buffer.from(file).toString('latin1');
  expect(text.slice(0, 8)).toBe('\x93NUMPY\x01\x00');
  const length = file[8] + 256 * file[9];
  expect((10 + length) % 64).toBe(0);
  expect(text.slice(10, 10 + length)).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 2\), \} *\n$/);
  expect([...new Float32Array(file.slice(10 + length).buffer)]).toEqual([1, -2, 0.5, 4]);
});
