/** People held out of training, and pairs of their photos to verify the model on. */
import { originals, permutation, type Random, type RunConfig, type SampleColumns } from '@facewright/core';

const FEWEST = 2;

/** How many aligned photos each person has, not counting augmented copies. */
export function peopleOf(dataset: SampleColumns): { name: string; photos: number }[] {
  const isOriginal = originals(dataset);
  const photos = new Uint32Array(dataset.identities.length);
  for (let index = 0; index < dataset.length; index++) if (isOriginal(index)) photos[dataset.labels[index]]++;
  return dataset.identities.map((name, label) => ({ name, photos: photos[label] }));
}

/**
 * Names of the people to hold out, in the order given: `identities` of them, or that fraction. Only people with two or
 * more photos are selected. At least two people are held out (one gives no different pairs) and two are left for
 * training. If that is impossible or nothing is requested, nobody is held out.
 */
export function holdOut(
  people: readonly { readonly name: string; readonly photos: number }[],
  { identities }: Pick<RunConfig['heldOut'], 'identities'>,
  random: Random,
): string[] {
  const wanted = identities < 1 ? Math.round(identities * people.length) : Math.round(identities);
  const eligible = people.filter(({ photos }) => photos >= 2);
  const count = Math.min(Math.max(wanted, FEWEST), eligible.length, people.length - FEWEST);
  if (identities === 0 || count < FEWEST) return [];
  const drawn = new Set(
    Array.from(permutation(eligible.length, random.fork('held-out'), count), (index) => eligible[index].name),
  );
  return people.filter(({ name }) => drawn.has(name)).map(({ name }) => name);
}

/** Two samples of a dataset, by index. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly same: boolean;
  readonly fold: number;
}

/**
 * Pairs of unaugmented images of these people, no pair twice: half same, half different, `count` in total or as many of
 * each kind as exist. Everyone contributes about equally to the same pairs. Two images of one photo are never a pair.
 * The folds are balanced.
 */
export function drawPairs(
  dataset: SampleColumns,
  identities: readonly string[],
  count: number,
  random: Random,
  folds = 10,
): Pair[] {
  const people = originalsOf(dataset, identities).filter((photos) => photos.length > 0);
  const half = Math.floor(count / 2);
  const same = samePairs(people, half, random.fork('same-pairs'));
  const different = differentPairs(people, same.length, random.fork('different-pairs'));
  const number = Math.min(same.length, different.length);
  const inFolds = (pairs: readonly Drawn[], same: boolean): Pair[] =>
    pairs.slice(0, number).map(([a, b], index) => ({ a, b, same, fold: index % folds }));
  return [...inFolds(same, true), ...inFolds(different, false)].sort((a, b) => a.fold - b.fold);
}

/** The original images of each of these people. */
function originalsOf(dataset: SampleColumns, identities: readonly string[]): Photo[][] {
  const isOriginal = originals(dataset);
  const photosOf = new Map(identities.map((name) => [name, [] as Photo[]]));
  const byLabel = dataset.identities.map((name) => photosOf.get(name));
  for (let index = 0; index < dataset.length; index++)
    if (isOriginal(index)) byLabel[dataset.labels[index]]?.push({ index, photo: dataset.photos[index] });
  return identities.map((name) => photosOf.get(name)!);
}

interface Photo {
  readonly index: number;
  /** The number shared by all images of the photo. */
  readonly photo: number;
}
type Drawn = readonly [a: number, b: number];

/** In each round everyone with pairs left contributes one. */
function samePairs(people: readonly (readonly Photo[])[], count: number, random: Random): Drawn[] {
  const pairs: Drawn[] = [];
  const streams = people.map((photos, index) => pairStream(photos, random.fork(index)));
  const order = permutation(people.length, random);
  for (let found = true; found && pairs.length < count;) {
    found = false;
    for (const index of order) {
      if (pairs.length === count) break;
      const next = streams[index].next();
      if (next.done) continue;
      pairs.push(next.value);
      found = true;
    }
  }
  return pairs;
}

/**
 * All pairs of one person's photos in a random order: photos at distance 1, 2, … around a randomly ordered circle, so
 * that all photos are used early.
 */
function* pairStream(photos: readonly Photo[], random: Random): Generator<Drawn, undefined> {
  const circle = Array.from(permutation(photos.length, random), (index) => photos[index]);
  for (let distance = 1; distance <= circle.length / 2; distance++) {
    // half way round, each pair would occur twice
    const starts = distance * 2 === circle.length ? distance : circle.length;
    for (let start = 0; start < starts; start++) {
      const [a, b] = [circle[start], circle[(start + distance) % circle.length]];
      if (a.photo !== b.photo) yield [a.index, b.index];
    }
  }
  return undefined;
}

/** Picks two people, then a photo of each. */
function differentPairs(people: readonly (readonly Photo[])[], wanted: number, random: Random): Drawn[] {
  const total = people.reduce((sum, photos) => sum + photos.length, 0);
  const possible = people.reduce((sum, photos) => sum + (photos.length * (total - photos.length)) / 2, 0);
  const drawn = new Map<string, Drawn>();
  while (drawn.size < Math.min(wanted, possible)) {
    const first = random.integer(people.length);
    const second = (first + 1 + random.integer(people.length - 1)) % people.length;
    const a = people[first][random.integer(people[first].length)].index;
    const b = people[second][random.integer(people[second].length)].index;
    drawn.set(a < b ? `${a} ${b}` : `${b} ${a}`, [a, b]);
  }
  return [...drawn.values()];
}
