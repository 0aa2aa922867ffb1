/** Augmenters that are wrong in one way each. */
import { definePlugin, type RgbImage } from '@facewright/core';
import { testAugmenter } from '@facewright/testkit';
import { meta, options } from './shared.js';

const augmenter = (name: string, augment: (image: RgbImage) => RgbImage) =>
  testAugmenter(definePlugin({ meta: meta('augmenter', name), options, create: () => ({ augment }) })());
augmenter('unseeded', (image) => ({
  ...image,
  data: image.data.map((value) => value ^ Math.floor(256 * Math.random())),
}));
augmenter('in-place', (image) => {
  image.data.forEach((value, index) => (image.data[index] = 255 - value));
  return image;
});

testAugmenter(
  definePlugin({
    meta: meta('augmenter', 'skips-what-is-not-there'),
    options,
    create: () => ({ augment: (image: RgbImage) => ({ ...image, data: image.data.map((value) => 255 - value) }) }),
  })(),
  {
    skip: [
      { reason: 'shown in the name', tests: ['a textured image is changed'] },
      { reason: 'a slip of the pen', tests: ['a textured image is changd'] },
    ],
  },
);

augmenter('does-nothing', (image) => ({ ...image, data: Uint8Array.from(image.data) }));
augmenter('one-size-for-all', () => ({ width: 8, height: 8, data: new Uint8Array(192) }));
