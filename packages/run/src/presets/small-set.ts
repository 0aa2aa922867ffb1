/**
 * Tiers for sets with few photos: a recipe's tiers adjusted by `--min-photos`, and those used if a recipe would leave
 * nobody.
 */
import { fromUser, type RunConfig, type TierRule } from '@facewright/core';

/** Learning what stays the same about a person takes at least two photos. */
export const SMALL_SET_LEAST = 2;

/** Everyone with two or more photos; the fewer the photos, the more copies of each. */
export const SMALL_SET_TIERS: RunConfig['tiers'] = [
  { name: 'kept', above: 29, augment: [] },
  { name: 'opened', above: 7, augment: [fromUser('opening')] },
  {
    name: 'noised',
    above: SMALL_SET_LEAST - 1,
    augment: ['opening', 'gaussian-noise', 'salt-and-pepper'].map((name) => fromUser(name)),
  },
];

/** Photos a person needs to be kept. */
export const leastPhotos = (tiers: readonly Pick<TierRule, 'above'>[]): number =>
  Math.min(...tiers.map(({ above }) => above)) + 1;

/**
 * The tiers with `least` as the minimum number of photos: the rule that covers it, or else the last one, then starts
 * there.
 */
export function tiersFrom(tiers: RunConfig['tiers'], least: number): RunConfig['tiers'] {
  const sorted = [...tiers].sort((a, b) => b.above - a.above);
  const above = least - 1;
  const kept = sorted.filter((rule) => rule.above > above);
  const next = sorted[kept.length];
  return next ? [...kept, { ...next, above }] : [...kept.slice(0, -1), { ...kept.at(-1)!, above }];
}
