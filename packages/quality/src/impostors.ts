/**
 * The similarity of photos of two different people under this model, estimated from the data, which may contain errors.
 * People in two folders form a tail of high scores that do not come from strangers. So the tail below 1 % is
 * extrapolated exponentially from the scores above it; for normally distributed scores this gives a stricter threshold,
 * never a looser one.
 */
import type { Random } from '@facewright/core';
import { similarity, type Embeddings } from './embeddings.js';
import type { Strangers } from './strangers.js';

/** Scores of strangers in increasing order. */
export type Impostors = Float64Array;

const FIRST = 0.1;
const LAST = 0.01;

/**
 * For photos of two people each. Everyone has the same weight, however many photos they have. Empty if there is only
 * one person, whose `strangers` are `undefined`.
 */
export function sampleImpostors(
  embeddings: Embeddings,
  people: readonly (readonly number[])[],
  strangers: Strangers | undefined,
  random: Random,
  count = 200_000,
): Impostors {
  if (!strangers) return new Float64Array();
  const draw = strangers.pairs(random);
  const any = (photos: readonly number[]): number => photos[random.integer(photos.length)];
  return Float64Array.from({ length: count }, () => {
    const [one, other] = draw();
    return similarity(embeddings, any(people[one]), embeddings, any(people[other]));
  }).sort();
}

/** The score that this share of strangers reaches. */
export function thresholdAt(impostors: Impostors, rate: number): number {
  if (rate >= LAST) return quantile(impostors, rate);
  const slope = (quantile(impostors, LAST) - quantile(impostors, FIRST)) / Math.log(FIRST / LAST);
  return Math.min(1, quantile(impostors, LAST) + slope * Math.log(LAST / rate));
}

/**
 * The score that fewer than one of this many pairs of strangers would be expected to reach if scores were normally
 * distributed.
 */
export function thresholdOfOneIn(impostors: Impostors, pairs: number): number {
  const deviation = (quantile(impostors, LAST) - quantile(impostors, FIRST)) / (Z_LAST - Z_FIRST);
  return Math.min(1, quantile(impostors, LAST) + (deviations(1 / Math.max(pairs, 1 / LAST)) - Z_LAST) * deviation);
}

/** Normal quantiles whose upper tails are `FIRST` and `LAST`. */
const Z_FIRST = 1.2816;
const Z_LAST = 2.3263;

/** Where the normal distribution's tail is at most a small share, by Mills' bound: density / z. */
function deviations(share: number): number {
  let z = Z_LAST;
  for (let round = 0; round < 30; round++) z = Math.sqrt(-2 * Math.log(share * z * Math.sqrt(2 * Math.PI)));
  return z;
}

const quantile = (impostors: Impostors, share: number): number =>
  impostors[Math.min(impostors.length - 1, Math.max(0, Math.ceil((1 - share) * impostors.length) - 1))];
