/**
 * Plain JPEG decoders compared with sharp: exactly the same pixels, and a clear refusal of everything they leave to it.
 */
import { createRandom } from '@facewright/core';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeImage, ImageError } from '../image-file.js';
import { openJpegDecoder, type JpegDecoderName, type PlainDecoder } from './decoder.js';
import { jpegHeader } from './header.js';

const NATIVE = await openJpegDecoder('libturbojpeg').then(
  () => true,
  () => false,
);
const DECODERS: readonly (readonly [JpegDecoderName, boolean])[] = [
  ['libturbojpeg', NATIVE],
  ['libjpeg-turbo-wasm', true],
];

/** Noise over a gradient: every frequency and every colour. */
function picture(width: number, height: number, seed = 1, channels: 1 | 3 = 3) {
  const random = createRandom(seed);
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const x = Math.floor(i / channels) % width;
    return Math.min(255, ((x * 200) / width) * (0.5 + (i % 3) / 4) + random.integer(1 + ((seed * 37) % 120)));
  });
  return sharp(data, { raw: { width, height, channels } });
}
const bySharp = async (bytes: Uint8Array): Promise<Uint8Array> => {
  const { data, info } = await sharp(bytes, { ignoreIcc: true })
    .flatten({ background: '#000' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return info.channels === 3 ? data : Uint8Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)]);
};

describe.each(DECODERS)('%s', (name, there) => {
  let decoder: PlainDecoder;
  const decode = (bytes: Uint8Array): Uint8Array | undefined => {
    const header = jpegHeader(bytes)!;
    const into = new Uint8Array(header.width * header.height * 3);
    return decoder.decode(bytes, header, into) ? into : undefined;
  };
  beforeAll(async () => {
    if (there) decoder = await openJpegDecoder(name);
  });
  const here = test.skipIf(!there);
  const why = there ? '' : ', skipped: libturbojpeg is not installed';

  here.each(['4:4:4', '4:2:0'] as const)(`sizes and qualities, %s${why}`, async (chromaSubsampling) => {
    for (const [width, height] of [
      [1, 1],
      [2, 3],
      [16, 16],
      [17, 15],
      [33, 64],
      [112, 112],
      [250, 251],
    ])
      for (const quality of [20, 75, 95, 100]) {
        const bytes = await picture(width, height, width + quality)
          .jpeg({ quality, chromaSubsampling })
          .toBuffer();
        expect(jpegHeader(bytes)).toEqual({ width, height, plain: true, byLine: true });
        expect(
          Buffer.from(decode(bytes)!).equals(Buffer.from(await bySharp(bytes))),
          `${width}×${height} ${quality}`,
        ).toBe(true);
      }
  });

  here(`grey, optimised tables, restart markers of other encoders${why}`, async () => {
    const grey = await picture(61, 47, 3, 1).toColourspace('b-w').jpeg().toBuffer();
    const optimised = await picture(90, 40).jpeg({ optimiseCoding: true, quantisationTable: 3 }).toBuffer();
    for (const bytes of [grey, optimised]) expect(decode(bytes)).toEqual(new Uint8Array(await bySharp(bytes)));
  });

  here(`a file that is cut off or damaged gives nothing, and the next one is decoded as ever${why}`, async () => {
    const good = await picture(112, 112, 5).jpeg({ quality: 90 }).toBuffer();
    const expected = Buffer.from(await bySharp(good));
    const random = createRandom('damaged');
    for (let time = 0; time < 60; time++) {
      const cut = good.subarray(0, 700 + random.integer(good.length - 700));
      if (jpegHeader(cut)) expect(decode(cut)).toBeUndefined();
      const damaged = Buffer.from(good);
      damaged[random.integer(good.length)] ^= 1 << random.integer(8);
      const header = jpegHeader(damaged);
      // whatever it considers complete, sharp does too, with the same pixels
      if (header?.plain && header.width * header.height < 1e6) {
        const pixels = decode(damaged);
        if (pixels) expect(Buffer.from(pixels).equals(Buffer.from(await bySharp(damaged)))).toBe(true);
      }
      expect(Buffer.from(decode(good)!).equals(expected)).toBe(true);
    }
  });
});

describe('left to sharp', () => {
  test.each<[string, (image: Sharp) => Sharp]>([
    ['progressive', (image) => image.jpeg({ progressive: true })],
    ['CMYK', (image) => image.toColourspace('cmyk').jpeg()],
    ['rotated by EXIF', (image) => image.withMetadata({ orientation: 6 }).jpeg()],
  ])('%s', async (_name, write) => {
    expect(jpegHeader(await write(picture(20, 10)).toBuffer())).toMatchObject({ width: 20, height: 10, plain: false });
  });

  test('upright EXIF is not', async () => {
    const bytes = await picture(20, 10).withMetadata({ orientation: 1 }).jpeg().toBuffer();
    expect(jpegHeader(bytes)).toMatchObject({ plain: true });
  });

  test('EXIF between frame and scan is used too', async () => {
    const rotated = await picture(20, 10).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const at = rotated.indexOf(Buffer.from([0xff, 0xe1]));
    const length = 2 + rotated.readUInt16BE(at + 2);
    const exif = rotated.subarray(at, at + length);
    const rest = Buffer.concat([rotated.subarray(0, at), rotated.subarray(at + length)]);
    const scan = rest.indexOf(Buffer.from([0xff, 0xda]));
    const late = Buffer.concat([rest.subarray(0, scan), exif, rest.subarray(scan)]);
    expect(jpegHeader(late)).toMatchObject({ plain: false });
    expect((await decodeImage(late)).width).toBe(10);
  });
});

test("decodeImage gives sharp's results, whichever decoder it uses, and rejects what sharp rejects", async () => {
  const good = await picture(64, 48, 9).jpeg().toBuffer();
  expect((await decodeImage(good)).data).toEqual(new Uint8Array(await bySharp(good)));
  await expect(decodeImage(good.subarray(0, good.length - 200))).rejects.toThrow(ImageError);
  await expect(decodeImage(good, { maxSide: 50 })).rejects.toMatchObject({ reason: 'too-large' });
});

test('an unhelpful header', () => {
  expect(jpegHeader(Uint8Array.of())).toBeUndefined();
  expect(jpegHeader(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9))).toBeUndefined();
  expect(jpegHeader(Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 4, 8, 0))).toBeUndefined();
});

test('decoding the known picture is not enough: a decoder with another name is rejected', async () => {
  expect((await openJpegDecoder('sharp')).decode(Uint8Array.of(1), { width: 1, height: 1 }, new Uint8Array(3))).toBe(
    false,
  );
});
