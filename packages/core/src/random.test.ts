/** Random streams: determined by their path, independent of each other, with the right distributions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom, permutation, restoreRandom, shuffled, type Random } from './random.js';

const draws = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.uniform());
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  const covariance = mean(a.map((value, i) => (value - ma) * (b[i] - mb)));
  return covariance / Math.sqrt(mean(a.map((value) => (value - ma) ** 2)) * mean(b.map((value) => (value - mb) ** 2)));
}

/** χ² of counts against equal expected counts. For 255 degrees of freedom, 99.99 % of values are below 347. */
function chiSquare(values: readonly number[], bins: number): number {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[Math.floor(value * bins)]++;
  const expected = values.length / bins;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('one stream', () => {
  test('these first draws are fixed: changing them would change every run', () => {
    const first = draws(createRandom(1), 4);
    expect(first).toEqual(draws(createRandom(1), 4));
    expect(
      createRandom(1)
        .fork('prepare', 3, 'Anna', 'a.jpg')
        .integer(2 ** 32),
    ).toBe(3479251869);
  });

  test('uniform fills [0, 1) evenly', () => {
    const values = draws(createRandom(7), 100_000);
    expect(Math.min(...values.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(chiSquare(values, 256)).toBeLessThan(347);
    expect(Math.abs(correlation(values.slice(1), values.slice(0, -1)))).toBeLessThan(0.015); // 4.7 σ
  });

  test('normal has mean 0, variance 1, and the right tails', () => {
    const random = createRandom('normal');
    const values = Array.from({ length: 100_000 }, () => random.normal());
    expect(values.every(Number.isFinite)).toBe(true);
    expect(Math.abs(mean(values))).toBeLessThan(0.015);
    expect(Math.abs(mean(values.map((value) => value * value)) - 1)).toBeLessThan(0.02);
    expect(Math.abs(mean(values.map((value) => value ** 3)))).toBeLessThan(0.04);
    expect(mean(values.map((value) => (Math.abs(value) > 1.96 ? 1 : 0)))).toBeCloseTo(0.05, 2);
  });

  test('integer is even over [0, below)', () => {
    const random = createRandom(3);
    const values = Array.from({ length: 60_000 }, () => random.integer(6));
    for (let side = 0; side < 6; side++)
      expect(Math.abs(values.filter((value) => value === side).length - 10_000)).toBeLessThan(450);
    expect(new Set(values)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });
});

describe('forks', () => {
  test('forks draw nothing from their parent, and do not depend on its draws', () => {
    const [parent, untouched] = [createRandom(5), createRandom(5)];
    const before = parent.fork('a').uniform();
    draws(parent, 10);
    expect(parent.fork('a').uniform()).toBe(before);
    draws(untouched, 10);
    parent.fork('b').uniform();
    expect(parent.uniform()).toBe(untouched.uniform());
  });

  test('forking with a path equals forking step by step', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1, maxLength: 4 }), (path) => {
        const stepwise = path.reduce<Random>((random, part) => random.fork(part), createRandom(9));
        expect(
          createRandom(9)
            .fork(...path)
            .uniform(),
        ).toBe(stepwise.uniform());
      }),
    );
  });

  test('paths differ if numbers, text, order, grouping or emptiness differ', () => {
    const root = createRandom(1);
    const paths: (string | number)[][] = [
      ['a'],
      ['b'],
      ['a', 'b'],
      ['b', 'a'],
      ['ab'],
      ['a', ''],
      ['', 'a'],
      [''],
      [1],
      ['1'],
      ['n1'],
      [1, 2],
      [12],
      ['a', 'b', 'c'],
      ['a', 'bc'],
      [0],
      [-0.5],
      ['ü'],
      ['u'],
    ];
    const firsts = paths.map((path) => root.fork(...path).uniform());
    expect(new Set(firsts).size).toBe(paths.length);
    expect(createRandom(1).uniform()).not.toBe(createRandom('1').uniform());
  });

  test('the first draws of 200,000 paths are all different', () => {
    const root = createRandom(2).fork('augment');
    const seen = new BigUint64Array(200_000);
    const two = new Uint32Array(seen.buffer); // each draws twice: of single draws of 32 bits some would be equal
    for (let identity = 0, at = 0; identity < 2000; identity++) {
      for (let image = 0; image < 100; image++) {
        const stream = root.fork(identity, image);
        for (let i = 0; i < 2; i++) two[at++] = stream.integer(2 ** 32);
      }
    }
    seen.sort();
    expect(seen.findIndex((value, i) => i > 0 && value === seen[i - 1])).toBe(-1);
  });

  test('first draws of neighbouring forks are as uniform and independent as draws of one stream', () => {
    const root = createRandom(4);
    const first = Array.from({ length: 50_000 }, (_, i) => root.fork('epoch', i).uniform());
    const second = Array.from({ length: 50_000 }, (_, i) => root.fork('epoch', i, 'noise').uniform());
    expect(chiSquare(first, 256)).toBeLessThan(347);
    expect(Math.abs(correlation(first.slice(1), first.slice(0, -1)))).toBeLessThan(0.02);
    expect(Math.abs(correlation(first, second))).toBeLessThan(0.02);
    const seeds = Array.from({ length: 50_000 }, (_, seed) => createRandom(seed).uniform());
    expect(chiSquare(seeds, 256)).toBeLessThan(347);
  });
});

describe('a key', () => {
  test('restores the stream from its beginning, wherever it is used', () => {
    const random = createRandom('x').fork('prepare', 5);
    const { key } = random;
    const first = draws(random, 3);
    expect(draws(restoreRandom(key), 3)).toEqual(first);
    expect(restoreRandom(key).key).toBe(key);
    expect(random.key).toBe(key); // regardless of what was drawn since
    expect(restoreRandom(key).fork('a').key).toBe(random.fork('a').key);
    expect(random.fork('a').key).not.toBe(key);
  });

  test('that is none is an error', () => {
    expect(restoreRandom('0-0-0-4294967295').key).toBe('0-0-0-4294967295');
    for (const key of ['', '1-2-3', '1-2-3-4-5', '1-2-3-x', '1-2-3-4.5', '1-2-3-4294967296', '1-2--3-4'])
      expect(() => restoreRandom(key), key).toThrow(RangeError);
  });
});

describe('permutation', () => {
  test('is a permutation, or the start of one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 50 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer(),
        (length, count, seed) => {
          const whole = permutation(length, createRandom(seed));
          expect([...whole].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
          expect(permutation(length, createRandom(seed), count)).toEqual(whole.slice(0, count));
          expect([...shuffled(length, createRandom(seed))]).toEqual([...whole]);
        },
      ),
    );
  });

  test('every number is equally likely in every place', () => {
    const counts = Array.from({ length: 5 }, () => new Array<number>(5).fill(0));
    for (let i = 0; i < 20_000; i++) permutation(5, createRandom(i)).forEach((value, place) => counts[place][value]++);
    for (const row of counts) for (const count of row) expect(Math.abs(count - 4000)).toBeLessThan(280);
  });
});
