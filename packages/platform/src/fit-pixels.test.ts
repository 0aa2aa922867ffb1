import type { RgbImage } from '@facewright/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitPixels, mirrorPixels } from './fit-pixels.js';

const image = (width: number, height: number, at: (x: number, y: number, channel: number) => number): RgbImage => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    at(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3),
  ),
});
const anyImage = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): RgbImage => ({ width, height, data })),
  );

test('112 × 112 to 112 × 96 cuts 8 pixels from each side', () => {
  const source = image(112, 112, (x, y, channel) => (x + 2 * y + 50 * channel) % 256);
  expect(fitPixels(source, [112, 96])).toEqual(
    image(96, 112, (x, y, channel) => (x + 8 + 2 * y + 50 * channel) % 256).data,
  );
});

test('halving averages 2 × 2 pixels', () => {
  fc.assert(
    fc.property(
      anyImage.filter(({ width, height }) => width % 2 === 0 && height % 2 === 0),
      (source) => {
        const at = (x: number, y: number, channel: number): number => source.data[(y * source.width + x) * 3 + channel];
        const expected = image(source.width / 2, source.height / 2, (x, y, c) =>
          Math.round(
            (at(2 * x, 2 * y, c) + at(2 * x + 1, 2 * y, c) + at(2 * x, 2 * y + 1, c) + at(2 * x + 1, 2 * y + 1, c)) / 4,
          ),
        );
        expect(fitPixels(source, [source.height / 2, source.width / 2])).toEqual(expected.data);
      },
    ),
  );
});

test('a new pixel is the mean of the area it covers', () => {
  // 3 → 2: each new pixel covers one and a half old ones
  const fitted = fitPixels(
    image(
      3,
      3,
      (x, y) =>
        [
          [0, 30, 60],
          [90, 120, 150],
          [180, 210, 240],
        ][y][x],
    ),
    [2, 2],
  );
  const weights = [
    [2 / 3, 1 / 3, 0],
    [0, 1 / 3, 2 / 3],
  ];
  const expected = weights.flatMap((row) =>
    weights.map((column) =>
      Math.round(
        row.reduce((sum, wy, y) => sum + column.reduce((part, wx, x) => part + wx * (90 * y + 30 * x), 0) * wy, 0),
      ),
    ),
  );
  expect([...fitted]).toEqual(expected.flatMap((value) => [value, value, value]));
});

test("a uniform colour is preserved, values stay within the image's range, and integer reduction preserves the mean", () => {
  fc.assert(
    fc.property(anyImage, fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 15 }), (source, height, width) => {
      const fitted = fitPixels(source, [height, width]);
      expect(fitted).toHaveLength(height * width * 3);
      expect(Math.min(...fitted)).toBeGreaterThanOrEqual(Math.min(...source.data));
      expect(Math.max(...fitted)).toBeLessThanOrEqual(Math.max(...source.data));
      const plain = fitPixels({ ...source, data: source.data.map(() => source.data[0]) }, [height, width]);
      expect(plain.every((value) => value === source.data[0])).toBe(true);
      if (source.width !== source.height) return;
      const mean = (data: Uint8Array): number => data.reduce((sum, value) => sum + value, 0) / data.length;
      const side = Math.min(height, source.height);
      expect(Math.abs(mean(fitPixels(source, [side, side])) - mean(source.data))).toBeLessThanOrEqual(0.51);
    }),
  );
});

test('enlarging is bilinear between pixel centres', () => {
  expect(
    [
      ...fitPixels(
        image(2, 2, (x) => 100 * x),
        [4, 4],
      ),
    ]
      .filter((_, i) => i % 3 === 0)
      .slice(0, 4),
  ).toEqual([0, 25, 75, 100]);
});

test('mirroring turns each row round, and twice is the image itself', () => {
  fc.assert(
    fc.property(anyImage, ({ width, height, data }) => {
      const mirrored = data.slice();
      mirrorPixels(mirrored, width);
      const at = (x: number, y: number, channel: number): number => data[(y * width + width - 1 - x) * 3 + channel];
      expect(mirrored).toEqual(image(width, height, at).data);
      mirrorPixels(mirrored, width);
      expect(mirrored).toEqual(data);
    }),
  );
});

test('mirroring gives the same wherever the pixels lie in memory, and touches nothing beside them', () => {
  const sizes = fc.record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 3 }),
    offset: fc.integer({ min: 0, max: 9 }),
    shared: fc.boolean(),
  });
  fc.assert(
    fc.property(sizes, fc.gen(), ({ width, height, offset, shared }, generate) => {
      const length = width * height * 3;
      const data = generate(() => fc.uint8Array({ minLength: length, maxLength: length }));
      const all = new Uint8Array(shared ? new SharedArrayBuffer(length + 16) : new ArrayBuffer(length + 16)).fill(7);
      all.set(data, offset);
      mirrorPixels(all.subarray(offset, offset + length), width);
      const expected = image(width, height, (x, y, channel) => data[(y * width + width - 1 - x) * 3 + channel]).data;
      expect(all.slice(offset, offset + length)).toEqual(expected);
      expect([...all.subarray(0, offset), ...all.subarray(offset + length)].every((value) => value === 7)).toBe(true);
    }),
  );
});
