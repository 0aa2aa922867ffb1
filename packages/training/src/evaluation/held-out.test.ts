import { createRandom, sampleAt, sampleColumns, type Sample } from '@facewright/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawPairs, holdOut, peopleOf } from './held-out.js';

const people = (photos: readonly number[]) => photos.map((count, index) => ({ name: `p${index}`, photos: count }));
const held = (photos: readonly number[], identities: number, seed = 1): string[] =>
  holdOut(people(photos), { identities }, createRandom(seed));

test('a fraction if below 1, else a count, but at least two people on each side', () => {
  const fifty = Array.from({ length: 50 }, () => 5);
  expect(held(fifty, 0.1)).toHaveLength(5);
  expect(held(fifty, 20)).toHaveLength(20);
  expect(held(fifty, 100)).toHaveLength(48);
  expect(held(fifty, 1)).toHaveLength(2);
  expect(held(fifty, 0)).toEqual([]);
  expect(held([9, 9, 9, 9, 9], 0.1)).toHaveLength(2);
  expect(held([9, 9, 9], 0.1)).toEqual([]);
});

test('only people with two photos, in the given order, selected by the seed', () => {
  expect(held([1, 5, 1, 5, 1, 5], 3)).toEqual(['p1', 'p3', 'p5']);
  const many = Array.from({ length: 40 }, () => 3);
  expect(held(many, 8)).toEqual(held(many, 8));
  expect(held(many, 8)).not.toEqual(held(many, 8, 2));
});

/** `photos[i]` original photos of person i, each with an augmented copy. */
const datasetOf = (photos: readonly number[]) =>
  sampleColumns(
    photos.flatMap((count, label) =>
      Array.from({ length: 2 * count }, (_, i): Sample => ({
        identity: `p${label}`,
        source: `p${label}/${i >> 1}`,
        kind: i % 2 ? 'noise' : 'original',
      })),
    ),
    photos.map((_, label) => `p${label}`),
  );

test('pairs are of originals of the people named, correctly labelled, distinct, half of each kind, in balanced folds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 60 }),
      fc.nat(),
      fc.integer({ min: 2, max: 10 }),
      (photos, count, seed, folds) => {
        const dataset = datasetOf([...photos, 9]);
        const names = photos.map((_, index) => `p${index}`);
        const pairs = drawPairs(dataset, names, count, createRandom(seed), folds);
        for (const { a, b, same } of pairs) {
          const [first, second] = [sampleAt(dataset, a), sampleAt(dataset, b)];
          expect(first.identity === second.identity).toBe(same);
          expect(first.source).not.toBe(second.source);
          expect([first.kind, second.kind]).toEqual(['original', 'original']);
          expect(names).toContain(first.identity);
          expect(names).toContain(second.identity);
        }
        expect(new Set(pairs.map(({ a, b }) => [Math.min(a, b), Math.max(a, b)].join())).size).toBe(pairs.length);
        const total = photos.reduce((sum, n) => sum + n, 0);
        const samePossible = photos.reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
        const possible = Math.min(samePossible, (total * (total - 1)) / 2 - samePossible, Math.floor(count / 2));
        for (const kind of [true, false]) {
          const own = pairs.filter(({ same }) => same === kind);
          expect(own).toHaveLength(possible);
          const perFold = Array.from({ length: folds }, (_, fold) => own.filter((pair) => pair.fold === fold).length);
          expect(perFold.reduce((sum, pairs) => sum + pairs, 0)).toBe(own.length);
          expect(Math.max(...perFold) - Math.min(...perFold)).toBeLessThanOrEqual(1);
        }
      },
    ),
  );
});

test('a person with many photos gives no more same pairs than others', () => {
  const pairs = drawPairs(datasetOf([100, 6, 6, 6]), ['p0', 'p1', 'p2', 'p3'], 80, createRandom(1)).filter(
    ({ same }) => same,
  );
  expect(pairs.filter(({ a }) => a < 200)).toHaveLength(10);
});

test('the selection follows the seed', () => {
  const dataset = datasetOf([5, 5, 5, 5]);
  const drawn = (seed: number) => drawPairs(dataset, ['p0', 'p1', 'p2', 'p3'], 20, createRandom(seed));
  expect(drawn(3)).toEqual(drawn(3));
  expect(drawn(3)).not.toEqual(drawn(4));
});

test('people are counted by their photos, not by augmented copies; people without any count too', () => {
  expect(peopleOf(datasetOf([3, 0, 1]))).toEqual([
    { name: 'p0', photos: 3 },
    { name: 'p1', photos: 0 },
    { name: 'p2', photos: 1 },
  ]);
});
