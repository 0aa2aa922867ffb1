/**
 * Verification against hand-computed cases, against a reference that tries every threshold on every pair, and against
 * scikit-learn.
 */
import { FacewrightError } from '@facewright/core';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  areaUnder,
  bestThreshold as bestOf,
  equalErrorRate,
  operatingPoint,
  rank,
  rocCurve as curveOf,
  type Ranking,
} from './roc.js';
import { verify } from './verify.js';

interface ScoredPair {
  readonly score: number;
  readonly same: boolean;
}
const ranked = (list: readonly ScoredPair[]): Ranking =>
  rank(
    list.map(({ score }) => score),
    list.map(({ same }) => same),
  );
const bestThreshold = (list: readonly ScoredPair[]) => bestOf(ranked(list));
const rocCurve = (list: readonly ScoredPair[]) => curveOf(ranked(list));
const tarAtFar = (list: readonly ScoredPair[], far: number) => operatingPoint(ranked(list), far).tar;

const pairs = (same: readonly number[], different: readonly number[]): ScoredPair[] => [
  ...same.map((score) => ({ score, same: true })),
  ...different.map((score) => ({ score, same: false })),
];
/** Few distinct scores, so that ties are common. */
const scored = fc.record({ score: fc.integer({ min: -10, max: 10 }).map((value) => value / 10), same: fc.boolean() });
const manyPairs = fc.array(scored, { minLength: 4, maxLength: 40 });
const both = (list: readonly ScoredPair[]): boolean => list.some(({ same }) => same) && list.some(({ same }) => !same);

const rightAt = (list: readonly ScoredPair[], threshold: number): number =>
  list.filter(({ score, same }) => same === score >= threshold).length;
const areaOf = (curve: readonly { far: number; tar: number }[]): number =>
  curve.reduce(
    (area, { far, tar }, i) => area + ((far - (curve[i - 1]?.far ?? 0)) * (tar + (curve[i - 1]?.tar ?? 0))) / 2,
    0,
  );
/** Representatives of all possible thresholds: each score, one between each two, one below and one above all. */
const allThresholds = (list: readonly ScoredPair[]): number[] =>
  list.flatMap(({ score }) => [score - 0.01, score, score + 0.01]);

test('the best threshold: by hand', () => {
  expect(bestThreshold(pairs([0.9, 0.8, 0.4], [0.5, 0.2, 0.1]))).toEqual({ threshold: 0.65, accuracy: 5 / 6 });
  // between 0.75 and 0.8 and between 0.2 and 0.7, five are right; the second range is wider
  expect(bestThreshold(pairs([0.9, 0.8, 0.7], [0.75, 0.2, 0.1]))).toEqual({
    threshold: expect.closeTo(0.45, 10),
    accuracy: 5 / 6,
  });
  // all equal: rejecting them all is better
  expect(bestThreshold(pairs([0.5], [0.5, 0.5])).accuracy).toBe(2 / 3);
});

test('no threshold classifies more pairs correctly', () => {
  fc.assert(
    fc.property(manyPairs, (list) => {
      const { threshold, accuracy } = bestThreshold(list);
      expect(rightAt(list, threshold) / list.length).toBe(accuracy);
      for (const other of allThresholds(list)) expect(rightAt(list, other) / list.length).toBeLessThanOrEqual(accuracy);
    }),
  );
});

test('TAR at FAR: by hand', () => {
  const different = Array.from({ length: 20 }, (_, index) => index / 100); // 0 … 0.19
  const list = pairs([0.9, 0.185, 0.175, 0.165], different);
  expect(tarAtFar(list, 0.05)).toBe(0.5); // one of 20 may pass: 0.9 and 0.185 are above 0.18
  expect(tarAtFar(list, 0.1)).toBe(0.75); // two may: 0.175 is above 0.17 as well
  expect(tarAtFar(list, 0.15)).toBe(1);
  expect(tarAtFar(list, 0.04)).toBeNull(); // less than one pair
  expect(tarAtFar(pairs([0.5, 0.4], [0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]), 0.1)).toBe(0); // a tie is accepted as a whole or not at all
});

test('TAR at FAR is the best over all thresholds that stay within the FAR', () => {
  fc.assert(
    fc.property(manyPairs.filter(both), fc.constantFrom(0.1, 0.2, 0.5, 0.9), (list, far) => {
      const [same, different] = [true, false].map((kind) => list.filter((pair) => pair.same === kind));
      const kept = [...allThresholds(list), 2].filter(
        (threshold) => different.filter(({ score }) => score >= threshold).length <= far * different.length + 1e-9,
      );
      const best = Math.max(
        ...kept.map((threshold) => same.filter(({ score }) => score >= threshold).length / same.length),
      );
      expect(tarAtFar(list, far)).toBe(far * different.length + 1e-9 < 1 ? null : best);
    }),
  );
});

test('the threshold of a FAR gives the rates reported with it', () => {
  fc.assert(
    fc.property(manyPairs.filter(both), fc.constantFrom(0.1, 0.2, 0.5, 0.9), (list, far) => {
      const { threshold, tar, falseAccepts } = operatingPoint(ranked(list), far);
      if (threshold === null) return;
      const accepted = (kind: boolean): number =>
        list.filter(({ score, same }) => same === kind && score >= threshold).length;
      expect([accepted(true) / list.filter(({ same }) => same).length, accepted(false)]).toEqual([tar, falseAccepts]);
    }),
  );
});

test('equal error rate: by hand', () => {
  // at 0.5 one of four different pairs is accepted and one of four same pairs rejected
  expect(equalErrorRate(ranked(pairs([0.9, 0.8, 0.5, 0.3], [0.6, 0.2, 0.1, 0])))).toBe(0.25);
  expect(equalErrorRate(ranked(pairs([0.9, 0.8], [0.2, 0.1])))).toBe(0);
  expect(equalErrorRate(ranked(pairs([0.1, 0.2], [0.8, 0.9])))).toBe(1);
  // all equal: on the diagonal from (0, 0) to (1, 1)
  expect(equalErrorRate(ranked(pairs([0.5], [0.5])))).toBe(0.5);
});

interface Reference {
  readonly count: number;
  readonly steps: number;
  readonly auc: number;
  readonly eer: number;
  readonly tarAtFar: Readonly<Record<string, number>>;
  readonly bestAccuracy: number;
  readonly curve?: readonly (readonly [far: number, tar: number, threshold: number])[];
}
const reference = JSON.parse(readFileSync(new URL('../../reference/roc.json', import.meta.url), 'utf8')) as {
  cases: Reference[];
};

describe('agrees with scikit-learn (reference/roc.py)', () => {
  test.each(reference.cases)(
    'for $count pairs in $steps steps',
    ({ count, steps, auc, eer, tarAtFar: tars, bestAccuracy, curve }) => {
      const list = Array.from({ length: count }, (_, i): ScoredPair => {
        const x = ((i * 7919) % 100003) / 100003;
        const score = i % 5 === 0 ? Math.sqrt(x) : x * x;
        return { score: steps ? Math.floor(score * steps) / steps : score, same: i % 5 === 0 };
      });
      const ranking = ranked(list);
      expect(areaUnder(ranking)).toBeCloseTo(auc, 12);
      expect(equalErrorRate(ranking)).toBeCloseTo(eer, 12);
      expect(bestOf(ranking).accuracy).toBeCloseTo(bestAccuracy, 12);
      for (const [far, tar] of Object.entries(tars))
        expect(operatingPoint(ranking, Number(far)).tar).toBeCloseTo(tar, 12);
      const { thresholds, same, different, totals } = ranking;
      if (curve)
        expect(
          Array.from(thresholds, (threshold, at) => [
            different[at] / totals.different,
            same[at] / totals.same,
            threshold,
          ]),
        ).toEqual(curve.map((point) => point.map((value) => expect.closeTo(value, 12) as number)));
    },
  );
});

test('the curve matches its thresholds, is monotonic, ends at (1, 1) and includes every corner', () => {
  fc.assert(
    fc.property(manyPairs.filter(both), (list) => {
      const curve = rocCurve(list);
      const share = (kind: boolean, threshold: number): number =>
        list.filter(({ same, score }) => same === kind && score >= threshold).length /
        list.filter(({ same }) => same === kind).length;
      for (const { far, tar, threshold } of curve)
        expect([far, tar]).toEqual([share(false, threshold), share(true, threshold)]);
      expect(curve.at(-1)).toMatchObject({ far: 1, tar: 1 });
      expect(areaUnder(ranked(list))).toBeCloseTo(areaOf(curve), 10);
      // the area under the curve is the share of same-different pairs of scores in the right order, ties half
      const couples = list
        .filter(({ same }) => same)
        .flatMap((a) => list.filter(({ same }) => !same).map((b) => (Math.sign(a.score - b.score) + 1) / 2));
      expect(areaOf(curve)).toBeCloseTo(couples.reduce<number>((sum, value) => sum + value, 0) / couples.length, 10);
    }),
  );
});

test('points on a straight line between two corners are left out', () => {
  const kinds = [true, true, true, false, false, false, true, false];
  const curve = rocCurve(kinds.map((same, index) => ({ score: kinds.length - index, same })));
  expect(curve.map(({ threshold }) => threshold)).toEqual([8, 6, 3, 2, 1]);
});

test('a long curve is thinned but keeps its ends', () => {
  const list = Array.from({ length: 4000 }, (_, index) => ({ score: 4000 - index, same: index % 2 === 0 }));
  const curve = rocCurve(list);
  expect(curve).toHaveLength(400);
  expect(curve[0]).toEqual({ far: 0, tar: 1 / 2000, threshold: 4000 });
  expect(curve.at(-1)).toEqual({ far: 1, tar: 1, threshold: 1 });
});

test('folds by hand: the threshold never comes from the fold it is measured on', () => {
  // two folds: in the first, people match from 0.5 up, in the second from 0.1 up
  const scores = [0.6, 0.4, 0.2, 0.0];
  const same = [true, false, true, false];
  const result = verify(scores, same, { folds: [0, 0, 1, 1] });
  // the threshold 0.1 of the second fold accepts both pairs of the first, and 0.5 of the first rejects both of the
  // second: each is half right
  expect(result).toMatchObject({ pairs: 4, accuracy: 0.5, std: 0, folds: 2, skipped: 0 });
  // only the third fold is off: at the others' threshold of 0.5, half of it is right; the others keep 0.5, the wider of
  // two equally good ranges
  const uneven = verify([0.6, 0.4, 0.6, 0.4, 0.2, 0.1], [true, false, true, false, true, false], {
    folds: [0, 0, 1, 1, 2, 2],
  });
  expect(uneven).toMatchObject({
    accuracy: expect.closeTo(5 / 6, 10),
    std: expect.closeTo(Math.sqrt(1 / 18), 10),
    folds: 3,
  });
});

test('accuracy, deviation and folds agree with a brute-force reference', () => {
  fc.assert(
    fc.property(fc.array(scored, { minLength: 20, maxLength: 40 }).filter(both), (list) => {
      const result = verify(
        list.map(({ score }) => score),
        list.map(({ same }) => same),
        { folds: 5 },
      );
      const parts = Array.from({ length: 5 }, (_, fold) =>
        list.filter((_, index) => Math.floor((index * 5) / list.length) === fold),
      );
      const accuracies = parts.map((part) => {
        const others = parts.filter((other) => other !== part).flat();
        // all ranges between two neighbouring scores, and the widest of the best; then above all, then below all
        const levels = [...new Set(others.map(({ score }) => score))].sort((a, b) => b - a);
        const ranges = levels
          .slice(1)
          .map((low, index) => ({ threshold: (low + levels[index]) / 2, width: levels[index] - low }));
        const candidates = [
          { threshold: levels[0] + 1e-6, width: 0 },
          ...ranges,
          { threshold: levels.at(-1)!, width: 0 },
        ].map((range) => ({ ...range, right: rightAt(others, range.threshold) }));
        const best = candidates.reduce((a, b) =>
          b.right > a.right || (b.right === a.right && b.width > a.width) ? b : a,
        );
        return rightAt(part, best.threshold) / part.length;
      });
      const mean = accuracies.reduce((sum, value) => sum + value, 0) / 5;
      expect(result.accuracy).toBeCloseTo(mean, 12);
      expect(result.std).toBeCloseTo(
        Math.sqrt(accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5),
        12,
      );
    }),
  );
});

test('targets are named by powers of ten, and are null if there are too few pairs', () => {
  const same = Array.from({ length: 200 }, (_, index) => index < 100);
  const result = verify(
    same.map((alike, index) => (alike ? 1 : 0) + index / 1e4),
    same,
    { folds: same.map((_, index) => index % 10), skipped: 3 },
  );
  expect(result.tarAtFar).toEqual({ '1e-1': 1, '1e-2': 1, '1e-3': null, '1e-4': null, '1e-5': null, '1e-6': null });
  expect(result).toMatchObject({
    same: 100,
    different: 100,
    accuracy: 1,
    std: 0,
    eer: 0,
    auc: 1,
    folds: 10,
    skipped: 3,
    foldAccuracies: Array(10).fill(1),
  });
  expect(result.operatingPoints.slice(0, 3)).toEqual([
    { far: '1e-1', threshold: expect.any(Number), tar: 1, falseAccepts: 10 },
    { far: '1e-2', threshold: expect.any(Number), tar: 1, falseAccepts: 1 },
    { far: '1e-3', threshold: null, tar: null, falseAccepts: null },
  ]);
});

test('rejects what cannot be verified', () => {
  expect(() => verify([], [])).toThrow(FacewrightError);
  expect(() => verify([0.1, 0.2], [true, true])).toThrow('2 same and 0 different');
  expect(() => verify([0.1, 0.2], [true, false], { folds: [4, 4] })).toThrow('2 folds');
  expect(() => verify([0.1, NaN], [true, false])).toThrow('Pair 1 has the score NaN');
  expect(() => verify([0.1], [true, false])).toThrow(RangeError);
});
