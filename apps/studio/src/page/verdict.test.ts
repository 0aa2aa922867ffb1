import { expect, test } from 'vitest';
import { thresholdAt, thresholdsOf } from './verdict.js';

const roc = [
  { far: 0, tar: 0.5, threshold: 0.8 },
  { far: 0.005, tar: 0.7, threshold: 0.6 },
  { far: 0.01, tar: 0.8, threshold: 0.55 },
  { far: 0.2, tar: 1, threshold: 0.1 },
];

test('the lowest threshold that stays within the rate', () => {
  expect(thresholdAt({ roc }, 0.01)?.threshold).toBe(0.55);
  expect(thresholdAt({ roc }, 0.1)?.threshold).toBe(0.55);
  expect(thresholdAt({ roc }, 1e-4)?.threshold).toBe(0.8);
  expect(thresholdAt({ roc: roc.slice(1) }, 1e-4)).toBeUndefined();
});

test('only rates that could be measured are offered, the loosest first', () => {
  expect(
    thresholdsOf({ roc, tarAtFar: { '1e-2': 0.8, '1e-1': 0.8, '1e-3': null } }).map(({ name, at }) => [
      name,
      at.threshold,
    ]),
  ).toEqual([
    ['1e-1', 0.55],
    ['1e-2', 0.55],
  ]);
});
