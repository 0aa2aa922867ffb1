/**
 * Two passes over the reader: the first counts; the second yields every photo with its tier, or the reason not to open
 * it.
 */
import {
  FacewrightError,
  throwIfAborted,
  type Exclusion,
  type Photo,
  type Random,
  type Reader,
} from '@facewright/core';
import { excluded } from './photo.js';
import { PreparationKey } from './resume.js';
import { pickPhotos, tierFor, type Tier } from './tiers.js';

/** One step of the preparation, in the reader's order: a photo, or the end of a person. */
export interface Item {
  readonly photo?: Photo;
  /** Set if the photo is excluded without opening it. */
  readonly exclusion?: Exclusion;
  readonly tier?: Tier;
  /** Set after a person's last photo. */
  readonly ends?: { readonly name: string; readonly photos: number; readonly tier: Tier };
}

/**
 * Counts the photos and hashes their names. Throws if at most one person can have enough photos, whatever the detector
 * finds.
 */
export async function countPhotos(
  reader: Reader,
  tiers: readonly Tier[],
  signal: AbortSignal | undefined,
): Promise<{ photos: number; key: PreparationKey }> {
  const key = new PreparationKey();
  let photos = 0;
  let enough = 0;
  let identities = 0;
  let most = 0;
  for await (const identity of reader.identities()) {
    throwIfAborted(signal, 'counting photos');
    key.add(identity);
    identities++;
    most = Math.max(most, identity.photos.length);
    photos += identity.photos.length;
    if (tierFor(tiers, identity.photos.length)) enough++;
  }
  if (enough >= 2) return { photos, key };
  const least = Math.min(...tiers.map(({ rule }) => rule.above)) + 1;
  const who = enough ? `Only one of ${identities} people has` : `None of ${identities} people has`;
  throw new FacewrightError({
    what: identities
      ? `${who} enough photos: each needs at least ${least}, and the most that anyone has is ${most}.`
      : 'There are no photos of people here.',
    todo:
      identities < 2
        ? 'Use one subfolder per person, with photos of at least two people.'
        : `Add photos, or allow fewer: --min-photos ${Math.min(10, Math.max(2, most))}, or "tiers" in the config.`,
  });
}

/** Every photo in the reader's order, and the end of each person. */
export async function* items(reader: Reader, tiers: readonly Tier[], random: Random): AsyncGenerator<Item> {
  for await (const person of reader.identities()) {
    const { name, photos } = person;
    const tier = tierFor(tiers, photos.length);
    if (!tier) {
      for (const photo of photos) yield excluded(photo, 'too-few-photos', `${photos.length} of this person`);
      continue;
    }
    const { picked, left } = pickPhotos(person, tier.rule, random);
    for (const photo of left) yield excluded(photo, 'not-picked');
    for (const photo of picked)
      yield { photo, tier, ...(photo.excluded && excluded(photo, photo.excluded.reason, photo.excluded.detail)) };
    yield { ends: { name, photos: photos.length, tier } };
  }
}
