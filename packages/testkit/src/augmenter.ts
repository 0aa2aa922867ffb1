/**
 * The conformance suite for augmenters: the same stream gives the same bytes, the size does not change, and the input
 * is unchanged.
 */
import { createRandom, type Augmenter, type RgbImage } from '@facewright/core';
import { expect } from 'vitest';
import { create, type ContextOptions } from './support/context.js';
import { noise, textured } from './support/images.js';
import { defineSuite, setUp, type Subject, type SuiteOptions } from './support/suite.js';

export interface AugmenterSuiteOptions extends SuiteOptions, ContextOptions {}

/** Registers the suite: `testAugmenter(gaussianNoise({ variance: 0.01 }))`. */
export function testAugmenter(subject: Subject<'augmenter'>, options: AugmenterSuiteOptions = {}): void {
  const random = createRandom('testkit/augmenter');
  const image = textured(112, 112, 'augmenter');
  defineSuite('augmenter', subject, options, (check) => {
    let augmenter: Augmenter;
    setUp(async () => {
      augmenter = await create(subject, options);
    });
    const same = (a: RgbImage, b: RgbImage): boolean => Buffer.compare(a.data, b.data) === 0;

    check('the same image and the same stream give the same bytes', () => {
      expect(same(augmenter.augment(image, random.fork('same')), augmenter.augment(image, random.fork('same')))).toBe(
        true,
      );
    });

    check('another instance gives the same bytes', async () => {
      const other = await create(subject, options);
      expect(same(other.augment(image, random.fork('same')), augmenter.augment(image, random.fork('same')))).toBe(true);
    });

    check('images before it do not matter', () => {
      const first = augmenter.augment(image, random.fork('first'));
      augmenter.augment(noise(112, 112, 'between'), random.fork('between'));
      expect(same(augmenter.augment(image, random.fork('first')), first)).toBe(true);
    });

    check('the input is left as it was, and the result is not a view of it', () => {
      const given = textured(112, 112, 'untouched');
      const result = augmenter.augment(given, random.fork('untouched'));
      expect(same(given, textured(112, 112, 'untouched'))).toBe(true);
      expect(result.data.buffer === given.data.buffer).toBe(false);
    });

    check('a textured image is changed', () => {
      expect(same(augmenter.augment(image, random.fork('changed')), image)).toBe(false);
    });

    for (const [width, height] of [
      [112, 112],
      [64, 96],
      [7, 3],
      [1, 1],
    ]) {
      check(`an image of ${width} x ${height} keeps its size`, () => {
        const result = augmenter.augment(noise(width, height, 'size'), random.fork(width, height));
        expect([result.width, result.height, result.data.length]).toEqual([width, height, width * height * 3]);
        expect(result.data).toBeInstanceOf(Uint8Array);
      });
    }
  });
}
