import { describe, expect, test } from 'vitest';
import { createRandom } from '@facewright/core';
import { testAugmenter } from '@facewright/testkit';
import { golden, noiseImage, sha256 } from '../../test/support.js';
import { GaussianNoise, gaussianNoise, levelTable } from './gaussian-noise.js';
import { createOpening, opening } from './opening.js';
import { createSaltAndPepper, saltAndPepper } from './salt-and-pepper.js';

testAugmenter(opening());
testAugmenter(gaussianNoise());
testAugmenter(saltAndPepper());

const plain = (value: number) => ({ width: 200, height: 200, data: new Uint8Array(200 * 200 * 3).fill(value) });
const random = createRandom(3);

describe('opening gives the same bytes as cv2.morphologyEx', () => {
  test.each(golden.opening)('$size', ({ seed, size: [width, height], sha256: expected }) => {
    const image = noiseImage(width, height, seed);
    expect(
      sha256(createOpening(5).augment({ ...image, data: image.data.map((value) => value | 7) }, random).data),
    ).toBe(expected);
  });
});

test('the original project’s parameters are the defaults', () => {
  expect([opening().options, gaussianNoise().options, saltAndPepper().options]).toEqual([
    { side: 5 },
    { mean: 0, variance: 0.01 },
    { amount: 0.05, salt: 0.5 },
  ]);
});

test('Gaussian noise has the right mean and deviation, truncated to whole levels', () => {
  const { data } = new GaussianNoise({ mean: 0, variance: 0.01 }).augment(plain(128), random.fork('gauss'));
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
  expect(mean).toBeCloseTo(127.5, 0); // truncation loses half a level; 25.5 / √120,000 = 0.07
  expect(Math.abs(mean - 127.5)).toBeLessThan(0.3);
  expect(Math.abs(deviation - 25.5)).toBeLessThan(0.3);
});

test('Gaussian noise is clipped at black and white', () => {
  const light = new GaussianNoise({ mean: 0, variance: 0.01 }).augment(plain(255), random.fork('light')).data;
  const white = light.filter((value) => value === 255).length / light.length;
  expect(Math.abs(white - 0.5)).toBeLessThan(0.01);
  expect(
    new GaussianNoise({ mean: -1, variance: 0 }).augment(plain(200), random).data.every((value) => value === 0),
  ).toBe(true);
});

test('salt and pepper change the right share of individual values', () => {
  const { data } = createSaltAndPepper(0.05, 0.5).augment(plain(100), random.fork('salt'));
  const share = (value: number): number => data.filter((other) => other === value).length / data.length;
  expect(Math.abs(share(255) - 0.025)).toBeLessThan(0.0025);
  expect(Math.abs(share(0) - 0.025)).toBeLessThan(0.0025);
  expect(share(100) + share(0) + share(255)).toBeCloseTo(1, 12);
  const whole = Array.from({ length: 40_000 }, (_, i) => data.subarray(3 * i, 3 * i + 3)).filter((pixel) =>
    pixel.every((value) => value === 255),
  ).length;
  expect(whole).toBeLessThan(20); // 0.025³ of 40,000 is 0.6: channels are changed independently
});

describe('the table of Gaussian noise', () => {
  /** Index of the first entry that is not below `level`: as many of the 65,536 are. */
  const below = (table: Int16Array, level: number): number => table.findIndex((value) => value >= level);

  test('has each level as often as the normal distribution', () => {
    // z and the share of the distribution below it
    for (const [z, share] of [
      [-3, 0.0013498980316301],
      [-1, 0.1586552539314571],
      [0, 0.5],
      [0.5, 0.6914624612740131],
      [1, 0.8413447460685429],
      [2, 0.9772498680518208],
    ]) {
      const entries = Math.ceil(share * 65536 - 0.5);
      expect(below(levelTable(0, 10), 10 * z)).toBe(entries);
      expect(below(levelTable(7, 20), 7 + 20 * z)).toBe(entries);
      expect(below(levelTable(-5, 2), -5 + 2 * z)).toBe(entries);
    }
    const table = levelTable(0, 25.5);
    expect(table).toHaveLength(65536);
    expect(table.every((value, index) => index === 0 || value >= table[index - 1])).toBe(true);
  });

  test('is one level without deviation, and ends where no level is left to change', () => {
    for (const [mean, level] of [
      [3.7, 3],
      [4, 4],
      [-3.2, -4],
    ])
      expect([...new Set(levelTable(mean, 0))]).toEqual([level]);
    expect(levelTable(-255, 255)[0]).toBe(-256);
    expect(levelTable(255, 255).at(-1)).toBe(256);
  });
});

test('a seed gives these bytes in every version, so that a dataset can be prepared again', () => {
  const image = noiseImage(37, 23, 5);
  const hash = (augmenter: { augment: GaussianNoise['augment'] }): string =>
    sha256(augmenter.augment(image, createRandom(11)).data).slice(0, 16);
  expect({
    gaussian: hash(new GaussianNoise({ mean: 0.1, variance: 0.02 })),
    salt: hash(createSaltAndPepper(0.3, 0.25)),
  }).toMatchInlineSnapshot(`
    {
      "gaussian": "cae21c437c5d16c3",
      "salt": "1d26c854c813aeff",
    }
  `);
});
