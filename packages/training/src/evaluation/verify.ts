/**
 * Verification by the LFW protocol: for each fold, the threshold is chosen on the other folds and the accuracy is
 * measured on this one; mean and standard deviation over the folds are reported. As in the published code
 * (davidsandberg/facenet, InsightFace), the deviation divides by the number of folds. Instead of their grid, all
 * thresholds are tried.
 */
import { FacewrightError, type Verification } from '@facewright/core';
import {
  accuracyAt,
  areaUnder,
  bestThreshold,
  descending,
  equalErrorRate,
  operatingPoint,
  rank,
  rocCurve,
} from './roc.js';

export interface VerifyOptions {
  /** The fold of each pair, or the number of folds to split consecutive pairs into. */
  readonly folds?: ArrayLike<number> | number;
  readonly farTargets?: readonly number[];
  /** Pairs skipped earlier, for the record. */
  readonly skipped?: number;
}

const FAR_TARGETS = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/**
 * `scores` are similarities, higher for more similar pairs. Throws a `FacewrightError` unless at least two folds have
 * pairs of both kinds.
 */
export function verify(
  scores: ArrayLike<number>,
  same: ArrayLike<boolean | number>,
  { folds = 10, farTargets = FAR_TARGETS, skipped = 0 }: VerifyOptions = {},
): Verification {
  if (scores.length !== same.length) throw new RangeError(`${scores.length} scores for ${same.length} pairs`);
  for (let pair = 0; pair < scores.length; pair++) {
    if (!Number.isFinite(scores[pair]))
      throw new FacewrightError({
        what: `Pair ${pair} has the score ${scores[pair]}.`,
        todo: 'The model produces embeddings that are NaN or infinite: train it again.',
      });
  }
  const { foldOf, numbers } = foldsOf(scores.length, folds);
  const order = descending(scores);
  const all = rank(scores, same, order);
  const { totals } = all;
  if (numbers.length < 2 || totals.same === 0 || totals.different === 0) {
    throw new FacewrightError({
      what: `Verification needs same and different pairs in at least 2 folds; found ${totals.same} same and ${totals.different} different pairs in ${numbers.length}.`,
      todo: 'Provide more pairs, or hold out more people.',
    });
  }

  const foldAccuracies = numbers.map((fold) => {
    const { threshold } = bestThreshold(rank(scores, same, order, (index) => foldOf(index) !== fold));
    return accuracyAt(
      rank(scores, same, order, (index) => foldOf(index) === fold),
      threshold,
    );
  });
  const accuracy = mean(foldAccuracies);
  const operatingPoints = farTargets.map((far) => operatingPoint(all, far));
  return {
    pairs: scores.length,
    ...totals,
    accuracy,
    std: Math.sqrt(mean(foldAccuracies.map((value) => (value - accuracy) ** 2))),
    foldAccuracies,
    threshold: bestThreshold(all).threshold,
    eer: equalErrorRate(all),
    auc: areaUnder(all),
    tarAtFar: Object.fromEntries(operatingPoints.map(({ far, tar }) => [far, tar])),
    operatingPoints,
    roc: rocCurve(all),
    folds: numbers.length,
    skipped,
  };
}

/** Fold numbers that have pairs. Consecutive folds differ in length by at most one pair. */
function foldsOf(
  pairs: number,
  folds: ArrayLike<number> | number,
): { foldOf: (pair: number) => number; numbers: number[] } {
  if (typeof folds !== 'number' && folds.length !== pairs)
    throw new RangeError(`${folds.length} folds for ${pairs} pairs`);
  const foldOf =
    typeof folds === 'number' ? (pair: number) => Math.floor((pair * folds) / pairs) : (pair: number) => folds[pair];
  const numbers = new Set<number>();
  for (let pair = 0; pair < pairs; pair++) numbers.add(foldOf(pair));
  return { foldOf, numbers: [...numbers] };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
