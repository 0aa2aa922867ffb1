import sharp from 'sharp';
import { expect, test } from 'vitest';
import { sizeInHeader } from './image-size.js';

const picture = sharp({ create: { width: 301, height: 207, channels: 3, background: '#a53' } });

test.each([
  ['a JPEG', () => picture.clone().jpeg().toBuffer()],
  ['progressive', () => picture.clone().jpeg({ progressive: true }).toBuffer()],
  ['with EXIF, rotated', () => picture.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer()],
  ['with an ICC profile', () => picture.clone().withIccProfile('p3').jpeg().toBuffer()],
  ['grey', () => picture.clone().toColourspace('b-w').jpeg().toBuffer()],
  ['a PNG', () => picture.clone().png().toBuffer()],
])('of %s', async (_, make) => {
  const bytes = new Uint8Array(await make());
  expect(sizeInHeader(bytes)).toEqual({ width: 301, height: 207 });
  // truncated anywhere, it gives the right size or none
  for (let end = 0; end < bytes.length; end += 7)
    expect([undefined, 301]).toContain(sizeInHeader(bytes.subarray(0, end))?.width);
});

test('fill bytes before markers are skipped; other formats and invalid headers give no size', async () => {
  const jpeg = await picture.clone().jpeg().toBuffer();
  expect(sizeInHeader(Uint8Array.of(0xff, 0xd8, 0xff, 0xff, ...jpeg.subarray(2)))).toEqual({ width: 301, height: 207 });
  expect(sizeInHeader(new Uint8Array(await picture.clone().webp().toBuffer()))).toBeUndefined();
  expect(sizeInHeader(Uint8Array.of(0xff, 0xd8, 0xff, 0xda, 0, 8, ...jpeg))).toBeUndefined();
  expect(sizeInHeader(new Uint8Array())).toBeUndefined();
});
