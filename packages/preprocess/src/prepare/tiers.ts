/** The tier table: which rule applies to a person, and which of their photos are kept. */
import { permutation, type Augmenter, type Identity, type Photo, type Random, type TierRule } from '@facewright/core';

/** A row of the table with its augmenters created. Each adds one image per kept image. */
export interface Tier {
  readonly rule: TierRule;
  readonly augmenters: readonly { readonly name: string; readonly augmenter: Augmenter }[];
}

/**
 * The first rule whose `above` is less than the number of photos, counted before any is opened. If there is none, the
 * person is dropped.
 */
export function tierFor<T extends { readonly rule: TierRule }>(tiers: readonly T[], photos: number): T | undefined {
  return tiers.find(({ rule }) => rule.above < photos);
}

/**
 * The rule's random selection, in the reader's order. Depends only on the stream and the person's name and photo count.
 */
export function pickPhotos(
  { name, photos }: Identity,
  { pick }: TierRule,
  random: Random,
): { readonly picked: readonly Photo[]; readonly left: readonly Photo[] } {
  if (pick === undefined || photos.length <= pick) return { picked: photos, left: [] };
  const chosen = new Set(permutation(photos.length, random.fork('pick', name), pick));
  return {
    picked: photos.filter((_, index) => chosen.has(index)),
    left: photos.filter((_, index) => !chosen.has(index)),
  };
}
