/**
 * Two passes over the reader: the first counts; the second yields every photo with its tier, or the reason not to open
 * it.
 */
import {
  countOf,
  FacewrightError,
  throwIfAborted,
  type Exclusion,
  type Photo,
  type Random,
  type Reader,
} from '@facewright/core';
import { excluded } from './photo.js';
import { Division, type PartNumber, type PeopleRange } from './part.js';
import { PhotoList } from './resume.js';
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

/** What the first pass over the reader finds. */
export interface Counted {
  /** Photos to go through. */
  readonly photos: number;
  /** A digest of all photos' names, not only of those to go through. */
  readonly list: string;
  /** The people of the part; missing if the preparation is not divided. */
  readonly range?: PeopleRange;
}

/**
 * Counts the photos and hashes their names. Throws if at most one person can have enough photos, whatever the detector
 * finds.
 */
export async function countPhotos(
  reader: Reader,
  tiers: readonly Tier[],
  signal: AbortSignal | undefined,
  part?: PartNumber,
): Promise<Counted> {
  const list = new PhotoList();
  const division = part && new Division(part);
  let photos = 0;
  let enough = 0;
  let identities = 0;
  let most = 0;
  for await (const identity of reader.identities()) {
    throwIfAborted(signal, 'counting photos');
    list.add(identity);
    identities++;
    most = Math.max(most, identity.photos.length);
    photos += identity.photos.length;
    const tier = tierFor(tiers, identity.photos.length);
    if (tier) enough++;
    division?.add(identity.photos.length, tier ? Math.min(tier.rule.pick ?? Infinity, identity.photos.length) : 0);
  }
  const range = division?.range();
  if (enough >= 2) return { photos: range?.photos ?? photos, list: list.digest(), ...(range && { range }) };
  const least = Math.min(...tiers.map(({ rule }) => rule.above)) + 1;
  const who = enough ? `Only one of ${identities} people has` : `None of ${identities} people has`;
  if (identities === 1)
    throw new FacewrightError({
      what: `There is only one person here, with ${countOf(photos, 'photo')}, and training needs at least two.`,
      todo: 'Use one subfolder per person, with photos of at least two people.',
    });
  throw new FacewrightError({
    what: identities
      ? `${who} enough photos: each needs at least ${least}, and the most that anyone has is ${most}.`
      : 'There are no photos of people here.',
    todo:
      identities === 0
        ? 'Use one subfolder per person, with photos of at least two people.'
        : `Add photos, or allow fewer: --min-photos ${Math.min(10, Math.max(2, most))}, or "tiers" in the config.`,
  });
}

/** Every photo in the reader's order, and the end of each person; with `range`, only of these people. */
export async function* items(
  reader: Reader,
  tiers: readonly Tier[],
  random: Random,
  { first, end }: Pick<PeopleRange, 'first' | 'end'> = { first: 0, end: Infinity },
): AsyncGenerator<Item> {
  let place = -1;
  for await (const person of reader.identities()) {
    place++;
    if (place < first) continue;
    if (place >= end) return;
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
