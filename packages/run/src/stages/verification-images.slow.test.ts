/** Many prepared crops, which are decoded in threads. Slow because the threads run the built package. */
import { createRandom } from '@facewright/core';
import type { ImageSource } from '@facewright/datasets';
import { encodeImage } from '@facewright/platform/node';
import { expect, test } from 'vitest';
import { alignedImages, type SkippedImage } from './verification-images.js';

const SIZE = 16;
/** More than are decoded before threads are started. */
const COUNT = 600;

test('crops decoded in threads are those decoded one by one, and what is left out has the same reasons', async () => {
  const random = createRandom('crops');
  const encode = (size: number) =>
    encodeImage({
      width: size,
      height: size,
      data: Uint8Array.from({ length: size * size * 3 }, () => random.integer(256)),
    });
  const different = await Promise.all(Array.from({ length: 10 }, () => encode(SIZE)));
  const names = Array.from({ length: COUNT }, (_, index) => String(index));
  const files = new Map<string, Uint8Array>(names.map((name, index) => [name, different[index % 10].slice()]));
  files.set('570', files.get('570')!.subarray(0, 400));
  files.set('580', await encode(20));
  files.delete('590');
  const images: ImageSource = {
    has: (path) => files.has(path),
    names: async () => names,
    bytes: async (path) => files.get(path) ?? Buffer.from('not there'),
    close: () => undefined,
  };
  const open = (skipped: SkippedImage[]) =>
    alignedImages(
      {
        images,
        size: SIZE,
        aligned: true,
        align: () => Promise.reject(new Error()),
        signal: new AbortController().signal,
      },
      (image) => skipped.push(image),
    );
  const [skipped, alone] = [[] as SkippedImage[], [] as SkippedImage[]];
  const [threaded, plain] = [open(skipped), open(alone)];
  const found = [];
  for (let first = 0; first < COUNT; first += 100)
    found.push(...(await threaded.readAll(names.slice(first, first + 100))));
  await threaded.close();
  const shared = found.map((image) => image?.data.buffer instanceof SharedArrayBuffer);
  expect([shared.slice(0, 500).includes(true), shared.slice(500).filter(Boolean).length]).toEqual([false, 97]);
  for (const [index, name] of names.entries()) {
    const expected = await plain.read(name);
    expect(found[index] && Buffer.from(found[index].data)).toEqual(expected && Buffer.from(expected.data));
  }
  expect(skipped.map(({ path }) => path)).toEqual(['570', '580', '590']);
  expect(skipped).toEqual(alone);
});
