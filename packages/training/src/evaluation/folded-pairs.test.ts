import { createRandom, sampleAt, sampleColumns, type Sample } from '@facewright/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawFoldedPairs } from './folded-pairs.js';

/** People, given their numbers of photos. */
function peopleOf(photos: readonly number[]) {
  const identities = photos.map((_, person) => `p${person}`);
  const samples = photos.flatMap((count, label) =>
    Array.from({ length: count }, (_, i): Sample => ({
      identity: identities[label],
      source: `p${label}/${i}`,
      kind: 'original',
    })),
  );
  return sampleColumns(samples, identities);
}

test('folds share no person, have as many same as different pairs, and no pair occurs twice', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 4, maxLength: 30 }),
      fc.integer({ min: 2, max: 200 }),
      fc.nat(),
      (photos, count, seed) => {
        const several = photos.filter((n) => n > 1).length;
        const whole = photos.filter((n) => n > 0).length;
        fc.pre(several >= 2 && whole >= 4);
        const dataset = peopleOf(photos);
        const pairs = drawFoldedPairs(dataset, count, createRandom(seed));
        const folds = new Set(pairs.map(({ fold }) => fold));
        expect(folds.size).toBe(Math.min(10, several, Math.floor(whole / 2)));
        const foldOf = new Map<string, number>();
        for (const { a, b, same, fold } of pairs) {
          const [one, other] = [sampleAt(dataset, a), sampleAt(dataset, b)];
          expect(one.identity === other.identity).toBe(same);
          for (const { identity } of [one, other]) expect(foldOf.get(identity) ?? fold).toBe(fold);
          for (const { identity } of [one, other]) foldOf.set(identity, fold);
        }
        for (const fold of folds) {
          const own = pairs.filter((pair) => pair.fold === fold);
          expect(own.filter(({ same }) => same).length * 2).toBe(own.length);
          expect(own.length).toBeGreaterThan(0);
        }
        expect(new Set(pairs.map(({ a, b }) => `${Math.min(a, b)} ${Math.max(a, b)}`)).size).toBe(pairs.length);
        expect(drawFoldedPairs(dataset, count, createRandom(seed))).toEqual(pairs);
      },
    ),
    { numRuns: 200 },
  );
});

test('enough photos give the requested number; too few people are a clear error', () => {
  expect(drawFoldedPairs(peopleOf(Array<number>(40).fill(8)), 600, createRandom(1))).toHaveLength(600);
  expect(
    drawFoldedPairs(peopleOf(Array<number>(40).fill(8)), 600, createRandom(1), 4)
      .map(({ fold }) => fold)
      .at(-1),
  ).toBe(3);
  expect(() => drawFoldedPairs(peopleOf([5, 1, 1]), 10, createRandom(1))).toThrow(
    'at least 4 people, 2 of them with at least 2 photos; found 3, 1 of them',
  );
});
