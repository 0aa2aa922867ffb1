import { expect, test } from 'vitest';
import { readRaw } from './raw-numbers.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test('half precision, as numpy writes 1, -2, 65504, 2^-24, -0, inf and nan in float16', () => {
  const read = readRaw(
    'F16',
    new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0x7e00).buffer),
  );
  expect(read).toEqual(Float32Array.of(1, -2, 65504, 2 ** -24, -0, Infinity, NaN));
});

test('bfloat16 is the upper half of float32', () => {
  expect(readRaw('BF16', bytes(0x80, 0x3f, 0x49, 0xc0))).toEqual(Float32Array.of(1, -3.140625));
});

test('integers become int32, from any offset, or undefined if they do not fit', () => {
  expect(readRaw('I64', bytes(9, 255, 255, 255, 255, 255, 255, 255, 255).subarray(1))).toEqual(Int32Array.of(-1));
  expect(readRaw('I64', bytes(0, 0, 0, 128, 0, 0, 0, 0))).toBeUndefined();
  expect(readRaw('I16', bytes(254, 255))).toEqual(Int32Array.of(-2));
  expect(readRaw('I8', bytes(254))).toEqual(Int32Array.of(-2));
  expect(readRaw('U8', bytes(254))).toEqual(Int32Array.of(254));
});
