/** The limits of a photo, each at its edge: by side, by pixels and by bytes. */
import { PHOTO_LIMITS } from '@facewright/core';
import { expect, test } from 'vitest';
import { ImageError, refuseLarge, refuseManyBytes } from './image-decoding.js';

const limits = { maxSide: 200, maxPixels: 20_000, maxBytes: 1000 };

test.each([
  [200, 100, true],
  [100, 200, true],
  [201, 1, false],
  [1, 201, false],
  [141, 141, true],
  [142, 141, false],
])('%i × %i pixels: %s', (width, height, fits) => {
  const refuse = (): void => refuseLarge({ width, height }, limits, 'a.jpg');
  if (fits) expect(refuse).not.toThrow();
  else expect(refuse).toThrow(`The image is ${width}×${height}, over the limit of 200 px per side`);
});

test('a photo over a limit is too large, and the error names the limit', () => {
  try {
    refuseLarge({ width: 300, height: 1 }, limits, 'a.jpg');
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ImageError);
    expect(error).toMatchObject({ reason: 'too-large', where: 'a.jpg' });
  }
});

test('exactly as many bytes as the limit are read, one more is an error', () => {
  expect(() => refuseManyBytes(1000, limits, 'a.jpg')).not.toThrow();
  expect(() => refuseManyBytes(1001, limits, 'a.jpg')).toThrow('The photo has 1001 bytes, more than the limit of 1000');
});

test('without explicit limits, those of the config apply', () => {
  const { maxSide, maxPixels, maxBytes } = PHOTO_LIMITS;
  expect(() => refuseLarge({ width: maxSide, height: maxPixels / maxSide }, {})).not.toThrow();
  expect(() => refuseLarge({ width: maxSide + 1, height: 1 }, {})).toThrow();
  expect(() => refuseLarge({ width: maxSide, height: maxPixels / maxSide + 1 }, {})).toThrow();
  expect(() => refuseManyBytes(maxBytes, {})).not.toThrow();
  expect(() => refuseManyBytes(maxBytes + 1, {})).toThrow();
});
