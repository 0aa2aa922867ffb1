/**
 * How alike photos of two people are under this model, estimated from the data themselves, which may be wrong here and there. People who lie in two
 * folders make a tail of high scores that is none of strangers. So the tail below 1 % is not read off but carried on from the scores above
 * it, as falling exponentially; for scores that are normally distributed that gives a stricter threshold than theirs, never a looser one.
 */
import type { Random } from '@facewright/core';
import { similarity, type Embeddings } from './embeddings.js';

/** Scores of strangers in rising order. */
export type Impostors = Float64Array;

const FIRST = 0.1;
const LAST = 0.01;

/** Of photos of two people each; every person counts alike, however many photos they have. Empty where there is one person only. */
export function sampleImpostors(
  embeddings: Embeddings,
  people: readonly (readonly number[])[],
  random: Random,
  count = 200_000,
): Impostors {
  const some = people.filter((photos) => photos.length > 0);
  if (some.length < 2) return new Float64Array();
  const any = (photos: readonly number[]): number => photos[random.integer(photos.length)];
  return Float64Array.from({ length: count }, () => {
    const one = random.integer(some.length);
    const other = (one + 1 + random.integer(some.length - 1)) % some.length;
    return similarity(embeddings, any(some[one]), embeddings, any(some[other]));
  }).sort();
}

/** The score that this share of strangers reaches. */
export function thresholdAt(impostors: Impostors, rate: number): number {
  if (rate >= LAST) return quantile(impostors, rate);
  const slope = (quantile(impostors, LAST) - quantile(impostors, FIRST)) / Math.log(FIRST / LAST);
  return Math.min(1, quantile(impostors, LAST) + slope * Math.log(LAST / rate));
}

/** The score that less than one of so many pairs of strangers is expected to reach, were scores normally distributed. */
export function thresholdOfOneIn(impostors: Impostors, pairs: number): number {
  const deviation = (quantile(impostors, LAST) - quantile(impostors, FIRST)) / (Z_LAST - Z_FIRST);
  return Math.min(1, quantile(impostors, LAST) + (deviations(1 / Math.max(pairs, 1 / LAST)) - Z_LAST) * deviation);
}

/** Of the normal distribution: where its tail holds `FIRST` and `LAST`. */
const Z_FIRST = 1.2816;
const Z_LAST = 2.3263;

/** Where the tail of the normal distribution holds no more than a small share, by Mills' bound: density / z. */
function deviations(share: number): number {
  let z = Z_LAST;
  for (let round = 0; round < 30; round++) z = Math.sqrt(-2 * Math.log(share * z * Math.sqrt(2 * Math.PI)));
  return z;
}

const quantile = (impostors: Impostors, share: number): number =>
  impostors[Math.min(impostors.length - 1, Math.max(0, Math.ceil((1 - share) * impostors.length) - 1))];
