/** Tiers for sets of few photos: what `--min-photos` makes of a recipe's, and what is taken where a recipe would leave nobody. */
import { fromUser, type RunConfig, type TierRule } from '@facewright/core';

/** Two photos of a person are the least that show what stays the same. */
export const SMALL_SET_LEAST = 2;

/** Everybody with two photos or more; the fewer the photos, the more copies of each. */
export const SMALL_SET_TIERS: RunConfig['tiers'] = [
  { name: 'kept', above: 29, augment: [] },
  { name: 'opened', above: 7, augment: [fromUser('opening')] },
  {
    name: 'noised',
    above: SMALL_SET_LEAST - 1,
    augment: ['opening', 'gaussian-noise', 'salt-and-pepper'].map((name) => fromUser(name)),
  },
];

/** Photos that a person needs to be kept. */
export const leastPhotos = (tiers: readonly Pick<TierRule, 'above'>[]): number =>
  Math.min(...tiers.map(({ above }) => above)) + 1;

/** The tiers with `least` as the photos that a person needs: the rule that reaches below it, or else the last one, begins there. */
export function tiersFrom(tiers: RunConfig['tiers'], least: number): RunConfig['tiers'] {
  const sorted = [...tiers].sort((a, b) => b.above - a.above);
  const above = least - 1;
  const kept = sorted.filter((rule) => rule.above > above);
  const next = sorted[kept.length];
  return next ? [...kept, { ...next, above }] : [...kept.slice(0, -1), { ...kept.at(-1)!, above }];
}
