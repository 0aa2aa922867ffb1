import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { golden, noiseImage, sha256 } from '../test/support.js';
import { cropWindow } from './mtcnn/boxes.js';
import { resizeArea, resizeCrop, resizeLinear } from './resize.js';

describe('8-bit images match cv2.resize(…, INTER_AREA) byte for byte', () => {
  test.each(golden.pyramid)('$from → $to', ({ seed, from: [width, height], to, sha256: expected }) => {
    expect(sha256(resizeArea(noiseImage(width, height, seed), ...to).data)).toBe(expected);
  });
});

describe('crops match cv2.resize(…, INTER_AREA) on float64', () => {
  test.each(golden.crops)('$crop → $side', ({ seed, crop: [x, y, width, height], side, sha256: expected }) => {
    const window = cropWindow({ x1: x + 1, y1: y + 1, x2: x + width, y2: y + height, score: 1 }, 100, 80);
    const out = new Float32Array(side * side * 3);
    resizeCrop(noiseImage(100, 80, seed), window!, side, out, 0);
    expect(sha256(out)).toBe(expected);
  });
});

test('linear resizing averages where both sides are halved', () => {
  const image = noiseImage(12, 8, 1);
  expect(resizeLinear(image, 6, 4)).toEqual(resizeArea(image, 6, 4));
  expect(resizeLinear(image, 12, 8)).toBe(image);
});

test('a uniform image stays uniform at every size', () => {
  const side = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (width, height, toWidth, toHeight, value) => {
      const { data } = resizeArea(
        { width, height, data: new Uint8Array(width * height * 3).fill(value) },
        toWidth,
        toHeight,
      );
      expect(data.length).toBe(toWidth * toHeight * 3);
      expect(data.every((other) => other === value)).toBe(true);
    }),
  );
});
