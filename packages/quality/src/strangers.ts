/**
 * Which pairs of people can be taken for strangers, so that their photos say how alike strangers are. Of few people, a
 * single one in two folders is a large share of all pairs, and hides itself: the threshold would come from its own
 * photos.
 */
import type { Random } from '@facewright/core';
import { spread } from './centres.js';
import { similarity, type Embeddings } from './embeddings.js';

/** Two different people. */
export type DrawPair = () => readonly [one: number, other: number];

/** The same people, known for any draw. */
export interface Strangers {
  /** Whether two people may be strangers. */
  include(one: number, other: number): boolean;
  /** Draws two people, all pairs of strangers being equally likely. */
  pairs(random: Random): DrawPair;
}

/** Among more people, pairs that are one person are too few to matter: with 5 % of them in two folders, a thousandth. */
const FEW_PEOPLE = 100;
/** Photos of each person to compare. */
const MOST_PHOTOS = 12;
/** Half of the scores may come from people in several folders; the lower ones still come from strangers. */
const [LOW, LOWEST] = [0.25, 0.01];
/** From these two, the score that one in a hundred strangers reaches if scores are normally distributed. */
const UPWARDS = (2.3263 + 0.6745) / (2.3263 - 0.6745);

/** `undefined` if there are fewer than two people with photos. */
export function findStrangers(embeddings: Embeddings, people: readonly (readonly number[])[]): Strangers | undefined {
  const some = people.flatMap((photos, person) => (photos.length ? [person] : []));
  if (some.length < 2) return undefined;
  if (some.length > FEW_PEOPLE) return { include: () => true, pairs: (random) => anyPair(some, random) };
  const all = some.flatMap((one, index) =>
    some.slice(index + 1).map((other) => ({ one, other, scores: scoresOf(embeddings, people[one], people[other]) })),
  );
  const scores = Float64Array.from(all.flatMap((pair) => [...pair.scores])).sort();
  const low = quantile(scores, LOW);
  const bound = low + UPWARDS * (low - quantile(scores, LOWEST));
  // with half of their photos among the most alike of a hundred, two people are hardly strangers
  const alike = new Set(
    all.flatMap((pair) => (quantile(pair.scores, 0.5) > bound ? [keyOf(pair.one, pair.other, people.length)] : [])),
  );
  if (alike.size === all.length) alike.clear();
  const include = (one: number, other: number): boolean => !alike.has(keyOf(one, other, people.length));
  if (!alike.size) return { include, pairs: (random) => anyPair(some, random) };
  const left = all.filter(({ one, other }) => include(one, other));
  return {
    include,
    pairs: (random) => () => {
      const { one, other } = left[random.integer(left.length)];
      return [one, other];
    },
  };
}

const anyPair =
  (some: readonly number[], random: Random): DrawPair =>
  () => {
    const one = random.integer(some.length);
    const other = (one + 1 + random.integer(some.length - 1)) % some.length;
    return [some[one], some[other]];
  };

function scoresOf(embeddings: Embeddings, own: readonly number[], others: readonly number[]): Float64Array {
  const right = spread(others, MOST_PHOTOS);
  return Float64Array.from(
    spread(own, MOST_PHOTOS).flatMap((x) => right.map((y) => similarity(embeddings, x, embeddings, y))),
  ).sort();
}

const keyOf = (one: number, other: number, count: number): number =>
  Math.min(one, other) * count + Math.max(one, other);

/** Of an ascending list. */
const quantile = (rising: Float64Array, share: number): number => rising[Math.floor(share * (rising.length - 1))];
