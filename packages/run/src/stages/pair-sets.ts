/**
 * Pairs for evaluation in one form, wherever they come from: subjects of one or several images, and pairs of subjects.
 * Lists are handled in pair-lists.ts.
 */
import { FacewrightError, type Dataset, type Random } from '@facewright/core';
import { drawPairs } from '@facewright/training';

/** What one vector represents: an image, or a template of several. */
export interface Subject<Key> {
  readonly name: string;
  readonly person?: string;
  readonly images: readonly Key[];
}

export interface PairSet<Key> {
  readonly subjects: readonly Subject<Key>[];
  /** Per pair: indexes into `subjects`, truthy for the same person, and the fold. */
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly same: ArrayLike<boolean | number>;
  readonly fold: ArrayLike<number>;
}

const FOLDS = 10;

/** `count` pairs of original images of these people. */
export function pairsOfDataset(
  dataset: Dataset,
  identities: readonly string[],
  count: number,
  random: Random,
): PairSet<number> {
  const pairs = drawPairs(dataset, identities, count, random, FOLDS);
  const samples = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const indexes = new Map(samples.map((sample, index) => [sample, index]));
  return {
    subjects: samples.map((sample) => ({
      name: dataset.sourceOf(sample),
      person: dataset.identities[dataset.labels[sample]],
      images: [sample],
    })),
    a: pairs.map(({ a }) => indexes.get(a)!),
    b: pairs.map(({ b }) => indexes.get(b)!),
    same: pairs.map(({ same }) => same),
    fold: pairs.map(({ fold }) => fold),
  };
}

/** What leaving people out does to a list of pairs. */
export interface PeopleLeftOut {
  readonly people: number;
  readonly pairs: number;
  /** Names that are not those of anybody in the pairs. */
  readonly unmatched: readonly string[];
  /** Of them, those that differ from a name in the pairs only in case, blanks, underscores and the like. */
  readonly nearly: readonly { readonly name: string; readonly inPairs: string }[];
}

export function peopleLeftOut<Key>({ subjects, a, b }: PairSet<Key>, people: ReadonlySet<string>): PeopleLeftOut {
  const shown = new Set(subjects.flatMap(({ person }) => person ?? []));
  const plain = new Map([...shown].map((name) => [plainName(name), name]));
  const gone = (subject: number): boolean => people.has(subjects[subject].person ?? '');
  const unmatched = [...people].filter((name) => !shown.has(name));
  return {
    people: people.size - unmatched.length,
    pairs: Array.from(a).filter((subject, pair) => gone(subject) || gone(b[pair])).length,
    unmatched,
    nearly: unmatched.flatMap((name) => {
      const inPairs = plain.get(plainName(name));
      return inPairs === undefined ? [] : [{ name, inPairs }];
    }),
  };
}

/** Without case, accents and everything that is neither letter nor digit. */
const plainName = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/**
 * The pairs that show none of these people, with their folds. Throws a `FacewrightError` if the set does not say who is
 * shown, or nothing is left.
 */
export function withoutPeople<Key>(
  { subjects, a, b, same, fold }: PairSet<Key>,
  people: ReadonlySet<string>,
  where: string,
): PairSet<Key> {
  if (subjects.some(({ person }) => person === undefined)) {
    throw new FacewrightError({
      what: 'The pairs do not say who they show, so people cannot be left out.',
      where,
      todo: 'Use pairs of images in one folder per person, or templates with people.',
    });
  }
  const shown = (subject: number): boolean => people.has(subjects[subject].person!);
  const kept = Uint32Array.from(Array.from(a, (_, pair) => pair).filter((pair) => !shown(a[pair]) && !shown(b[pair])));
  if (!kept.length)
    throw new FacewrightError({
      what: 'All of the pairs show people who are to be left out.',
      where,
      todo: 'Use pairs of other people.',
    });
  const places = new Map<number, number>();
  for (const pair of kept)
    for (const subject of [a[pair], b[pair]]) if (!places.has(subject)) places.set(subject, places.size);
  const pick = <T>(list: ArrayLike<T>): T[] => Array.from(kept, (pair) => list[pair]);
  return {
    subjects: [...places.keys()].map((subject) => subjects[subject]),
    a: pick(a).map((subject) => places.get(subject)!),
    b: pick(b).map((subject) => places.get(subject)!),
    same: pick(same),
    fold: pick(fold),
  };
}
