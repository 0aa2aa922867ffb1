/** Photos over the limits at a fraction of their size; every picture is created here. */
import type { RgbImage } from '@facewright/core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../image-file.js';

const [WIDTH, HEIGHT] = [402, 301];
/** Smooth waves, different in every part. */
const picture = sharp(
  Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
    return 128 + 60 * Math.sin(x / 23 + channel) + 60 * Math.cos(y / (17 + channel));
  }),
  { raw: { width: WIDTH, height: HEIGHT, channels: 3 } },
);
const jpeg = (orientation = 1, options = {}): Promise<Uint8Array> =>
  picture
    .clone()
    .jpeg({ quality: 95, ...options })
    .withMetadata({ orientation })
    .toBuffer();

const HALF = { maxPixels: 40_000, reduce: true };
const QUARTER = { maxPixels: 10_000, reduce: true };

const crop = ({ width, data }: RgbImage, x: number, y: number, columns: number, rows: number): number[] =>
  Array.from({ length: rows }, (_, row) => [
    ...data.subarray(((y + row) * width + x) * 3, ((y + row) * width + x + columns) * 3),
  ]).flat();

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i', (orientation) => {
  test.each([
    [2, HALF],
    [4, QUARTER],
  ])('at 1/%i the image shows the same, and its parts are those of the whole photo', async (by, limits) => {
    const bytes = await jpeg(orientation);
    const whole = await decodeImage(bytes);
    const { reduced, ...small } = await decodeImage(bytes, limits);
    expect([small.width, small.height]).toEqual([Math.floor(whole.width / by), Math.floor(whole.height / by)]);
    expect(reduced).toMatchObject({ width: whole.width, height: whole.height });
    for (const [x, y] of [
      [10, 20],
      [50, 40],
      [30, 60],
    ]) {
      const around = crop(whole, x * by, y * by, by, by);
      const mean = around.reduce((sum, value) => sum + value, 0) / around.length;
      const shown = crop(small, x, y, 1, 1).reduce((sum, value) => sum + value, 0) / 3;
      // the sizes are no multiples, so pixels lie up to half a pixel off
      expect(Math.abs(shown - mean)).toBeLessThan(8);
    }
    const part = await reduced!.part({ x: 31, y: 57, width: 90, height: 70 });
    expect([part.width, part.height]).toEqual([90, 70]);
    const expected = crop(whole, 31, 57, 90, 70);
    expect(Math.max(...expected.map((value, i) => Math.abs(part.data[i] - value)))).toBeLessThanOrEqual(1);
  });
});

test('photos of more pixels than asked for are reduced, but only where the format allows, and within the limits', async () => {
  const size = async (bytes: Uint8Array, options: Parameters<typeof decodeImage>[1]) => {
    const { width, height, reduced } = await decodeImage(bytes, options);
    return [width, height, reduced?.width];
  };
  const bytes = await jpeg();
  expect(await size(bytes, { reduce: 40_000 })).toEqual([201, 150, WIDTH]);
  expect(await size(bytes, { reduce: WIDTH * HEIGHT })).toEqual([WIDTH, HEIGHT, undefined]);
  expect(await size(bytes, { reduce: 1e9, maxPixels: 10_000 })).toEqual([100, 75, WIDTH]);
  const png = await picture.clone().png().toBuffer();
  expect(await size(png, { reduce: 40_000 })).toEqual([WIDTH, HEIGHT, undefined]);
  await expect(decodeImage(png, { reduce: 1e9, maxPixels: 40_000 })).rejects.toMatchObject({ reason: 'too-large' });
  // at no fraction is it small enough
  expect(await size(bytes, { reduce: 10 })).toEqual([WIDTH, HEIGHT, undefined]);
});

test('within the limits nothing is reduced', async () => {
  expect(await decodeImage(await jpeg(), { reduce: true })).not.toHaveProperty('reduced');
});

test.each([
  ['a caller that cannot use a fraction', jpeg, { ...HALF, reduce: false }],
  ['a progressive JPEG, which is held whole', () => jpeg(1, { progressive: true }), HALF],
  ['a PNG', () => picture.clone().png().toBuffer(), HALF],
  ['a photo that is too large even at a fraction', jpeg, { ...HALF, maxPixels: 5_000 }],
])('%s: refused as before', async (_, bytes, limits) => {
  await expect(decodeImage(await bytes(), limits)).rejects.toThrow('402×301, over the limit');
});

test('a damaged photo over the limits is an error', async () => {
  const bytes = await jpeg();
  await expect(decodeImage(bytes.subarray(0, bytes.length / 2), HALF)).rejects.toThrow('damaged or incomplete');
});
