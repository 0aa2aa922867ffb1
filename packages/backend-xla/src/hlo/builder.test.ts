/** How numbers and programs are written as text. */
import { expect, test } from 'vitest';
import { Builder } from './builder.js';
import { denseText, literal } from './value.js';

test.each([
  [1, '1.0'],
  [0, '0.0'],
  [-0, '-0.0'],
  [0.1, '1.0e-1'],
  [-2.5e-7, '-2.5e-7'],
  [1 / 3, '3.3333334e-1'],
  [16777216, '1.6777216e+7'],
  [3.4028234663852886e38, '3.4028235e+38'],
  [Infinity, '0x7F800000'],
  [1e39, '0x7F800000'],
  [-Infinity, '0xFF800000'],
  [NaN, '0x7FC00000'],
])('the float %d is written as %s', (value, text) => expect(literal(value, 'f32')).toBe(text));

test('every float32 survives', () => {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  for (let i = 0; i < 20_000; i++) {
    bits[0] = (i * 2654435761) >>> 0;
    if (Number.isFinite(float[0])) expect(Math.fround(Number(literal(float[0], 'f32')))).toBe(float[0]);
  }
});

test('arrays: one number for all, a list for a few, bytes for many', () => {
  expect(denseText(new Float32Array(40).fill(2), [40], 'f32')).toBe('2.0');
  expect(denseText(Int32Array.of(1, 2, 3, 4), [2, 2], 'i32')).toBe('[[1, 2], [3, 4]]');
  expect(
    denseText(
      Float32Array.from({ length: 17 }, (_, i) => i),
      [17],
      'f32',
    ),
  ).toMatch(/^"0x000000000000803F0000004/);
});

test('the same op is written once, and operands with different shapes are rejected', () => {
  const hlo = new Builder();
  const x = hlo.argument('input.x/y', { shape: [2], type: 'f32' });
  expect(hlo.add(x, x)).toBe(hlo.add(x, x));
  expect(() => hlo.add(x, hlo.filled(1))).toThrow('add of tensor<2xf32> and tensor<f32>');
  expect(hlo.print('a b', [{ value: hlo.add(x, x), attributes: [] }])).toBe(`module @a_b {
  func.func public @main(
    %input.x.y: tensor<2xf32>
  ) -> (
    tensor<2xf32>
  ) {
    %0 = stablehlo.add %input.x.y, %input.x.y : tensor<2xf32>
    %1 = stablehlo.constant dense<1.0> : tensor<f32>
    return %0 : tensor<2xf32>
  }
}
`);
});
