/** The encoding that a preparation records, and its images. */
import { decodeImage, openJpegEncoder } from '@facewright/platform/node';
import { expect, test } from 'vitest';
import { noiseImage } from '../../test/support.js';
import { encodingFor, outcomeEncoder } from './encode.js';

test('PNG is recorded by its name, JPEG with the encoder that this machine has', async () => {
  expect(await encodingFor('png')).toEqual({ format: 'png' });
  expect(await encodingFor('jpeg')).toEqual({ format: 'jpeg', encoder: (await openJpegEncoder()).name });
});

test('an excluded photo stays as it is; images are encoded in the chosen format', async () => {
  const exclusion = { photo: 'a.jpg', identity: 'A', reason: 'no-face' } as const;
  const sample = { identity: 'A', source: 'a.jpg', kind: 'original' };
  for (const [format, start] of [
    ['png', [0x89, 0x50]],
    ['jpeg', [0xff, 0xd8]],
  ] as const) {
    const encode = await outcomeEncoder(await encodingFor(format));
    expect(await encode({ exclusion })).toEqual({ exclusion });
    const encoded = await encode({ images: [{ sample, image: noiseImage(16, 16, 1) }] });
    const [image] = 'images' in encoded ? encoded.images : [];
    expect(image.sample).toBe(sample);
    expect([...image.bytes.subarray(0, 2)]).toEqual(start);
    expect(await decodeImage(image.bytes)).toMatchObject({ width: 16, height: 16 });
  }
});
