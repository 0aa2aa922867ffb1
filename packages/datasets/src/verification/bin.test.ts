import { FacewrightError } from '@facewright/core';
import { decodeImage } from '@facewright/platform/node';
import { sharedData } from '@facewright/test/shared-data';
import fc from 'fast-check';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decoded, golden, IMAGES } from '../../test/formats.js';
import { temporaryFolder, writeTree } from '../../test/files.js';
import { parseBin } from './bin.js';
import { openImages } from './images.js';
import { readPairs } from './pairs.js';

test.each(Object.entries(golden.bin))('a verification set of %s', (_, text) => {
  const { pairs, folds, images } = parseBin(decoded(text), 'lfw.bin');
  expect(pairs).toEqual([
    { a: '00000.jpg', b: '00001.jpg', same: true, fold: 0 },
    { a: '00002.jpg', b: '00003.jpg', same: false, fold: 0 },
    { a: '00004.jpg', b: '00005.jpg', same: false, fold: 0 },
  ]);
  expect(folds).toBe(1);
  expect([...images.values()].map((image) => Buffer.from(image).toString('hex'))).toEqual(
    [0, 1, 2, 3, 4, 5].map((i) => Buffer.concat([IMAGES[i % 5], Buffer.of(i)]).toString('hex')),
  );
});

/** A pickle of empty images, written by hand in protocol 3. */
const pickled = (same: readonly boolean[]): Buffer =>
  Buffer.from(
    `\x80\x03](${'C\x00C\x00'.repeat(same.length)}e](${same.map((one) => (one ? '\x88' : '\x89')).join('')}e\x86.`,
    'latin1',
  );

test('folds consist of consecutive pairs if each then has both kinds, as in lfw.bin; otherwise each kind is distributed', () => {
  const foldsOf = (same: boolean[]): number[] => parseBin(pickled(same), 'x').pairs.map(({ fold }) => fold);
  const lfw = Array.from({ length: 6000 }, (_, index) => index % 600 < 300);
  expect(foldsOf(lfw)).toEqual(lfw.map((_, index) => Math.floor(index / 600)));
  const sorted = Array.from({ length: 40 }, (_, index) => index < 20);
  for (let fold = 0; fold < 10; fold++)
    expect(new Set(foldsOf(sorted).flatMap((own, index) => (own === fold ? [sorted[index]] : []))).size).toBe(2);
});

test.each([
  ['another pickle', Buffer.from('\x80\x03]q\x00.', 'latin1'), /not a pair of images and booleans/],
  ['too few booleans', Buffer.from('\x80\x03](C\x01aC\x01be](\x88\x89e\x86.', 'latin1'), /2 images for 2 pairs/],
  [
    'text as images',
    Buffer.from('\x80\x03](X\x01\x00\x00\x00aC\x01be](\x88e\x86.', 'latin1'),
    /image 0 is not an encoded image/,
  ],
  ['not a pickle', Buffer.from('II*\x00', 'latin1'), /Cannot read the pickle/],
  ['nothing', Buffer.alloc(0), /ends too early/],
])('%s is one clear error', (_, bytes, what) => {
  expect(() => parseBin(bytes, 'x.bin')).toThrow(
    expect.objectContaining({ name: 'FacewrightError', what: expect.stringMatching(what) as string, where: 'x.bin' }),
  );
});

test('any damage gives one of our errors, or a set', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(golden.bin)), edits, (text, changes) => {
      const bytes = decoded(text);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      try {
        parseBin(bytes, 'fuzz');
      } catch (error) {
        expect(error).toBeInstanceOf(FacewrightError);
      }
    }),
    { numRuns: 1000 },
  );
});

test('pairs and images by path', async () => {
  const path = join(writeTree(temporaryFolder(), { 'set.bin': decoded(golden.bin.arrays) }), 'set.bin');
  const { pairs } = await readPairs(path);
  const images = await openImages(path);
  expect(pairs.every(({ a, b }) => images.has(a) && images.has(b))).toBe(true);
  expect(Buffer.from(await images.bytes('00003.jpg'))).toEqual(Buffer.concat([IMAGES[3], Buffer.of(3)]));
  await expect(images.bytes('9.jpg')).rejects.toThrow('image does not exist');
});

const real = sharedData('formats/small_lfw.bin');
test.skipIf(!real)('a real one: 10 pairs of 112×112 (needs ../shared/data/formats)', async () => {
  const { pairs } = await readPairs(real!);
  expect(pairs.map(({ same }) => same)).toEqual(Array(10).fill(true));
  const images = await openImages(real!);
  for (const { a, b } of pairs)
    for (const name of [a, b])
      expect(await decodeImage(await images.bytes(name))).toMatchObject({ width: 112, height: 112 });
});
