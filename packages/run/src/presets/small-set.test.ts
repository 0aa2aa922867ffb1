import { SEED_TIERS, type TierRule } from '@facewright/core';
import { expect, test } from 'vitest';
import { leastPhotos, SMALL_SET_TIERS, tiersFrom } from './small-set.js';

const shape = (tiers: readonly TierRule[]) => tiers.map(({ name, above }) => [name, above]);

test('the minimum number of photos moves the rule that covers it', () => {
  expect(leastPhotos(SEED_TIERS)).toBe(31);
  const upper = [
    ['picked', 350],
    ['kept', 200],
    ['opened', 90],
  ];
  expect(shape(tiersFrom(SEED_TIERS, 31))).toEqual(shape(SEED_TIERS));
  expect(shape(tiersFrom(SEED_TIERS, 9))).toEqual([...upper, ['noised', 8]]);
  expect(shape(tiersFrom(SEED_TIERS, 50))).toEqual([...upper, ['noised', 49]]);
  expect(shape(tiersFrom(SEED_TIERS, 91))).toEqual(upper);
  expect(shape(tiersFrom(SEED_TIERS, 100))).toEqual([...upper.slice(0, 2), ['opened', 99]]);
  for (const least of [1, 2, 31, 32, 91, 400]) expect(leastPhotos(tiersFrom(SEED_TIERS, least))).toBe(least);
});

test('small sets use everyone with two photos', () => {
  expect(leastPhotos(SMALL_SET_TIERS)).toBe(2);
});
