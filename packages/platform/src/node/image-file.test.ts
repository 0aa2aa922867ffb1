/** Decoding of everything that people keep in photo folders; every picture is created here. */
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { RgbImage } from '@facewright/core';
import { decodeImage, encodeImage, ImageError } from './image-file.js';

type Colour = readonly [number, number, number];
const pixel = ({ width, data }: RgbImage, x: number, y: number): number[] => [
  ...data.slice((y * width + x) * 3, (y * width + x) * 3 + 3),
];

/** Left half one colour, right half another, 40 × 20. */
function halves(left: Colour, right: Colour): Sharp {
  const data = Buffer.alloc(40 * 20 * 3);
  for (let i = 0; i < 800; i++) data.set(i % 40 < 20 ? left : right, i * 3);
  return sharp(data, { raw: { width: 40, height: 20, channels: 3 } });
}
const RED: Colour = [230, 20, 30];
const BLUE: Colour = [10, 40, 220];
const near = (actual: number[], expected: readonly number[], by = 6): void =>
  actual.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(by));
const reason = async (bytes: Uint8Array, limits = {}): Promise<ImageError> => {
  const error: unknown = await decodeImage(bytes, { where: 'a/photo.jpg', ...limits }).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(ImageError);
  return error as ImageError;
};

describe('what decodes', () => {
  test('a lossless PNG is decoded exactly', async () => {
    const data = Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * 37) % 256);
    expect(await decodeImage(await encodeImage({ width: 7, height: 5, data }, 'png'))).toEqual({
      width: 7,
      height: 5,
      data,
    });
  });

  test('a JPEG keeps its colours', async () => {
    const image = await decodeImage(await halves(RED, BLUE).jpeg({ quality: 95 }).toBuffer());
    expect([image.width, image.height, image.data.length]).toEqual([40, 20, 2400]);
    near(pixel(image, 5, 10), RED);
    near(pixel(image, 35, 10), BLUE);
  });

  test('encodeImage writes JPEG that decodes to nearly the same image', async () => {
    const image = await decodeImage(await halves(RED, BLUE).png().toBuffer());
    const again = await decodeImage(await encodeImage(image));
    near(pixel(again, 5, 10), RED);
  });

  test('one pixel', async () => {
    expect(
      await decodeImage(
        await sharp({ create: { width: 1, height: 1, channels: 3, background: '#102030' } })
          .png()
          .toBuffer(),
      ),
    ).toEqual({ width: 1, height: 1, data: Uint8Array.of(16, 32, 48) });
  });

  test('alpha is composited onto black', async () => {
    const bytes = await sharp({
      create: { width: 4, height: 4, channels: 4, background: { r: 200, g: 100, b: 50, alpha: 0.5 } },
    })
      .png()
      .toBuffer();
    near(pixel(await decodeImage(bytes), 1, 1), [100, 50, 25], 1);
    const clear = await sharp({
      create: { width: 4, height: 4, channels: 4, background: { r: 200, g: 100, b: 50, alpha: 0 } },
    })
      .png()
      .toBuffer();
    expect(pixel(await decodeImage(clear), 1, 1)).toEqual([0, 0, 0]);
  });

  test('grey becomes three equal channels, with and without alpha', async () => {
    const grey = Buffer.alloc(36).fill(77);
    const jpeg = await sharp(grey, { raw: { width: 6, height: 6, channels: 1 } })
      .toColourspace('b-w')
      .jpeg()
      .toBuffer();
    expect((await sharp(jpeg).metadata()).channels).toBe(1);
    near(pixel(await decodeImage(jpeg), 3, 3), [77, 77, 77], 1);
    const withAlpha = await sharp(Buffer.alloc(72).fill(128), { raw: { width: 6, height: 6, channels: 2 } })
      .png()
      .toBuffer();
    near(pixel(await decodeImage(withAlpha), 3, 3), [64, 64, 64], 1);
  });

  test('CMYK is converted', async () => {
    const bytes = await halves(RED, BLUE).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const image = await decodeImage(bytes);
    const [red, green, blue] = pixel(image, 5, 10);
    expect(red).toBeGreaterThan(150);
    expect(Math.max(green, blue)).toBeLessThan(90);
    const right = pixel(image, 35, 10);
    expect(right[2]).toBeGreaterThan(Math.max(right[0], right[1]));
  });

  test('16 bits per channel become 8, without clipping', async () => {
    const bytes = await sharp(new Uint16Array(48).fill(128 * 257), { raw: { width: 4, height: 4, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    near(pixel(await decodeImage(bytes), 2, 2), [128, 128, 128], 1);
  });

  test.each([
    [1, 'left'],
    [2, 'right'],
    [3, 'right'],
    [4, 'left'],
    [5, 'top'],
    [6, 'top'],
    [7, 'bottom'],
    [8, 'bottom'],
  ])('EXIF orientation %i moves red to the %s', async (orientation, side) => {
    const image = await decodeImage(
      await halves(RED, BLUE).jpeg({ quality: 95 }).withMetadata({ orientation }).toBuffer(),
    );
    const turned = orientation >= 5;
    expect([image.width, image.height]).toEqual(turned ? [20, 40] : [40, 20]);
    const red = { left: [5, 10], right: [35, 10], top: [10, 5], bottom: [10, 35] }[side]!;
    near(pixel(image, red[0], red[1]), RED);
  });

  test.each(['webp', 'gif', 'tiff'] as const)('%s', async (format) => {
    near(pixel(await decodeImage(await halves(RED, BLUE).toFormat(format).toBuffer()), 5, 10), RED, 12);
  });
});

/** Bitmaps of 3 × 2 pixels: red at the top left, blue at the bottom right, otherwise white. */
const [R, B, W] = [
  [255, 0, 0],
  [0, 0, 255],
  [255, 255, 255],
];
const PIXELS = [R, W, W, W, W, B];
function bmp(
  bits: number,
  row: (pixels: number[][]) => number[],
  { topDown = false, palette = [] as number[][] } = {},
) {
  const rows = [PIXELS.slice(0, 3), PIXELS.slice(3)].map((pixels) => {
    const bytes = row(pixels);
    return [...bytes, ...Array<number>((4 - (bytes.length % 4)) % 4).fill(0)];
  });
  const offset = 54 + palette.length * 4;
  const header = Buffer.alloc(54);
  header.write('BM');
  for (const [value, at] of [
    [offset, 10],
    [40, 14],
    [3, 18],
    [topDown ? -2 : 2, 22],
    [palette.length, 46],
  ])
    header.writeInt32LE(value, at);
  header.writeUInt16LE(bits, 28);
  const colours = palette.flatMap(([r, g, b]) => [b, g, r, 0]);
  return Buffer.concat([header, Buffer.from(colours), Buffer.from((topDown ? rows : rows.reverse()).flat())]);
}
const bgr = (pixels: number[][]): number[] => pixels.flatMap(([r, g, b]) => [b, g, r]);
const index = (pixel: number[]): number => [R, B, W].indexOf(pixel);
const COLOURS = { palette: [R, B, W] };

describe('formats that sharp does not read', () => {
  test.each<[string, Buffer]>([
    ['a bitmap of 24 bits', bmp(24, bgr)],
    ['stored top-down', bmp(24, bgr, { topDown: true })],
    ['of 32 bits', bmp(32, (pixels) => pixels.flatMap(([r, g, b]) => [b, g, r, 0]))],
    [
      'of 16 bits',
      bmp(16, (pixels) => pixels.flatMap(([r, g, b]) => [((g & 0x38) << 2) | (b >> 3), ((r >> 3) << 2) | (g >> 6)])),
    ],
    ['of 8 bits', bmp(8, (pixels) => pixels.map(index), COLOURS)],
    ['of 4 bits', bmp(4, ([a, b, c]) => [index(a) * 16 + index(b), index(c) * 16], COLOURS)],
    ['a binary pixmap', Buffer.concat([Buffer.from('P6\n# made here\n3 2\n255\n'), Buffer.from(PIXELS.flat())])],
    ['of 16 bits', Buffer.concat([Buffer.from('P6 3 2 65535 '), Buffer.from(PIXELS.flat().flatMap((v) => [v, v]))])],
    ['a pixmap in text', Buffer.from(`P3\n3 2\n255\n${PIXELS.flat().join(' ')}\n`)],
  ])('%s', async (_, bytes) => {
    expect(await decodeImage(bytes)).toEqual({ width: 3, height: 2, data: Uint8Array.from(PIXELS.flat()) });
    expect((await reason(bytes, { maxPixels: 5 })).reason).toBe('too-large');
    expect((await reason(bytes.subarray(0, bytes.length - 5))).reason).toBe('unreadable');
  });

  test('greymaps and bitmaps of one bit', async () => {
    const grey = (...levels: number[]): object => ({
      width: 2,
      height: 1,
      data: Uint8Array.from(levels.flatMap((l) => [l, l, l])),
    });
    expect(await decodeImage(Buffer.from('P5 2 1 255 \x10\x20', 'latin1'))).toEqual(grey(16, 32));
    expect(await decodeImage(Buffer.from('P2 2 1 15 0 15'))).toEqual(grey(0, 255));
    expect(await decodeImage(Buffer.from('P1 2 1 01'))).toEqual(grey(255, 0));
    expect(await decodeImage(Buffer.from('P4 2 1 \x40', 'latin1'))).toEqual(grey(255, 0));
  });

  test.each([
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
    ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n'],
    ['JPEG XL', '\xff\x0a\0\0'],
    ['SVG', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['PostScript', '%!PS-Adobe-3.0 EPSF-3.0\n'],
    ['an icon file', '\0\0\x01\0\x01\0'],
    ['PCX', '\n\x05\x01\x08'],
    ['a web page', '<!DOCTYPE html><html>Not found</html>', 'Download the photo itself.'],
    ['a film', '\0\0\0\x18ftypisom\0\0\0\0mp41', 'Save frames of it'],
    ['a film', 'RIFF\0\0\0\0AVI LIST', 'Save frames of it'],
    ['what macOS keeps beside a file', '\0\x05\x16\x07\0\x02', 'There is no picture in it.'],
    ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\n', 'Fetch the photo itself'],
  ])('%s is named', async (name, start, advice = 'Convert it') => {
    const error = await reason(Buffer.from(start, 'latin1'));
    expect([error.reason, error.what]).toEqual(['not-an-image', expect.stringContaining(`this is ${name}. ${advice}`)]);
  });
});

test.each([1, 255])('a TIFF of numbers with fractions goes from black to white from 0 to %d', async (white) => {
  const levels = [0, 0.25, 0.5, 1];
  const { data } = await decodeImage(floatTiff(levels.map((level) => level * white)));
  levels.forEach((level, at) => expect(Math.abs(data[3 * at] - level * 255)).toBeLessThanOrEqual(1));
});

/** One row of grey pixels. */
function floatTiff(row: readonly number[]): Uint8Array {
  const tags = [
    [256, row.length],
    [257, 1],
    [258, 32],
    [259, 1],
    [262, 1],
    [273, 8],
    [277, 1],
    [278, 1],
    [279, 4 * row.length],
    [339, 3],
  ];
  const bytes = Buffer.alloc(8 + 4 * row.length + 2 + 12 * tags.length + 4);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(8 + 4 * row.length, 4);
  row.forEach((value, at) => bytes.writeFloatLE(value, 8 + 4 * at));
  const directory = 8 + 4 * row.length;
  bytes.writeUInt16LE(tags.length, directory);
  tags.forEach(([tag, value], index) => {
    const at = directory + 2 + 12 * index;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(4, at + 2);
    bytes.writeUInt32LE(1, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  });
  return bytes;
}

describe('what does not decode', () => {
  test.each([
    ['text named .jpg', Buffer.from('this is not a photo\n')],
    ['an empty file', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(5000)],
    ['a JPEG’s first bytes', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16])],
  ])('%s is not an image', async (_, bytes) => {
    const error = await reason(bytes);
    expect(error.reason).toBe('not-an-image');
    expect(error.message).toMatch(/where: a\/photo\.jpg/);
    expect(error.what.split('\n')).toHaveLength(1);
  });

  test.each(['jpeg', 'png', 'webp'] as const)('a truncated %s is damaged', async (format) => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251);
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    expect((await reason(whole.subarray(0, whole.length * 0.6))).reason).toMatch(/unreadable|not-an-image/);
  });

  test('a JPEG cut in half is reported as damaged', async () => {
    const whole = await halves(RED, BLUE).resize(400, 400).jpeg().toBuffer();
    const error = await reason(whole.subarray(0, whole.length / 2));
    expect(error.reason).toBe('unreadable');
    expect(error.what).toMatch(/damaged/);
  });

  test('an image over the limits is rejected before it is decoded', async () => {
    const bytes = await sharp({ create: { width: 20_001, height: 1, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    const error = await reason(bytes);
    expect(error.reason).toBe('too-large');
    expect(error.what).toMatch(/20001×1/);
    expect((await reason(await halves(RED, BLUE).png().toBuffer(), { maxPixels: 799 })).reason).toBe('too-large');
    expect((await decodeImage(await halves(RED, BLUE).png().toBuffer(), { maxPixels: 800 })).width).toBe(40);
  });
});
