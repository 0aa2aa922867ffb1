/**
 * Verification by the LFW protocol: for each fold the threshold is chosen on the others and the accuracy measured on it; the mean and the standard
 * deviation over the folds are reported. As in the published code (davidsandberg/facenet, InsightFace) the deviation is divided by the number of
 * folds; their grid of thresholds is replaced by all of them.
 */
import { FacewrightError, type Verification } from '@facewright/core';
import { accuracyAt, bestThreshold, rocCurve, tarAtFar, type ScoredPair } from './roc.js';

export interface VerifyOptions {
  /** The fold of each pair, or how many folds of successive pairs are made. */
  readonly folds?: readonly number[] | number;
  readonly farTargets?: readonly number[];
  /** Pairs left out before, for the record. */
  readonly skipped?: number;
}

const FAR_TARGETS = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/** `scores` are similarities, larger for more alike. Throws a `FacewrightError` where there are not both kinds of pairs in two folds at least. */
export function verify(scores: Float32Array | readonly number[], same: readonly boolean[], { folds = 10, farTargets = FAR_TARGETS, skipped = 0 }: VerifyOptions = {}): Verification {
  if (scores.length !== same.length) throw new RangeError(`${scores.length} scores for ${same.length} pairs`);
  const pairs = Array.from(scores, (score, index) => ({ score, same: same[index] }));
  const bad = pairs.findIndex(({ score }) => !Number.isFinite(score));
  if (bad >= 0) throw new FacewrightError({ what: `Pair ${bad} has the score ${pairs[bad].score}.`, todo: 'The model gives embeddings that are not numbers: train it anew.' });
  const parts = splitIntoFolds(pairs, folds);
  if (parts.length < 2 || !same.includes(true) || !same.includes(false)) {
    const alike = same.filter(Boolean).length;
    throw new FacewrightError({ what: `Verification needs same and different pairs in at least two folds; there are ${alike} same and ${same.length - alike} different pairs in ${parts.length}.`, todo: 'Give more pairs, or hold out more people.' });
  }

  const accuracies = parts.map((part) => accuracyAt(part, bestThreshold(parts.filter((other) => other !== part).flat()).threshold));
  const accuracy = mean(accuracies);
  return {
    pairs: pairs.length,
    accuracy,
    std: Math.sqrt(mean(accuracies.map((value) => (value - accuracy) ** 2))),
    threshold: bestThreshold(pairs).threshold,
    tarAtFar: Object.fromEntries(farTargets.map((far) => [far.toExponential(), tarAtFar(pairs, far)])),
    roc: rocCurve(pairs),
    folds: parts.length,
    skipped,
  };
}

/** Folds that have pairs. Successive folds differ in length by one pair at most. */
function splitIntoFolds(pairs: readonly ScoredPair[], folds: readonly number[] | number): ScoredPair[][] {
  if (typeof folds !== 'number' && folds.length !== pairs.length) throw new RangeError(`${folds.length} folds for ${pairs.length} pairs`);
  const foldOf = (index: number): number => (typeof folds === 'number' ? Math.floor((index * folds) / pairs.length) : folds[index]);
  const parts = new Map<number, ScoredPair[]>();
  pairs.forEach((pair, index) => {
    const fold = foldOf(index);
    const part = parts.get(fold);
    if (part) part.push(pair);
    else parts.set(fold, [pair]);
  });
  return [...parts.values()];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
