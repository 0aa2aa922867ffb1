/** The published range and default of every option of every loss. */
import { testOptionLimits, type OptionLimits } from '@facewright/test/option-limits';
import { expect, test } from 'vitest';
import {
  adaFace,
  arcFace,
  combinedMargin,
  cosFace,
  curricularFace,
  magFace,
  normalisedSoftmax,
  softmax,
  subCentreArcFace,
} from './index.js';

const scale: OptionLimits = { byDefault: 64, accepts: [1e-3, 1000], refuses: [0, -1, '64'] };
const smoothing: OptionLimits = { byDefault: 0, accepts: [0.99], refuses: [-0.01, 1] };
const angle: OptionLimits = { byDefault: 0.5, accepts: [0, 3.14], refuses: [-0.01, Math.PI] };
const momentum: OptionLimits = { byDefault: 0.99, accepts: [0, 0.999], refuses: [-0.01, 1] };
const sampleRate: OptionLimits = { byDefault: 1, accepts: [0.001, 0.5], refuses: [0, -0.1, 1.01] };
const filterAbove: OptionLimits = { byDefault: 1, accepts: [0.01, 0.4], refuses: [0, -0.1, 1.01] };
const rules = ['plain', 'easy', 'fallback', 'continued'];
const beyond = (byDefault: string): OptionLimits => ({ byDefault, accepts: rules, refuses: ['clip', ''] });

testOptionLimits(softmax, { bias: { byDefault: true, accepts: [false], refuses: [0] }, smoothing, sampleRate });
testOptionLimits(normalisedSoftmax, { s: { ...scale, byDefault: 32 }, smoothing, filterAbove, sampleRate });
testOptionLimits(arcFace, { s: scale, m: angle, beyond: beyond('plain'), smoothing, filterAbove, sampleRate });
testOptionLimits(cosFace, {
  s: scale,
  m: { byDefault: 0.35, accepts: [0, 2], refuses: [-0.01, 2.01] },
  smoothing,
  filterAbove,
  sampleRate,
});
testOptionLimits(combinedMargin, {
  s: scale,
  m1: { byDefault: 1, accepts: [0.01, 4], refuses: [0, -1] },
  m2: { ...angle, byDefault: 0.3 },
  m3: { byDefault: 0.2, accepts: [0, 2], refuses: [-0.01, 2.01] },
  beyond: beyond('plain'),
  smoothing,
  filterAbove,
  sampleRate,
});
testOptionLimits(subCentreArcFace, {
  s: scale,
  m: angle,
  k: { byDefault: 3, accepts: [2, 10], refuses: [1, 11, 2.5] },
  beyond: beyond('plain'),
  filterAbove,
  sampleRate,
});
testOptionLimits(adaFace, {
  s: scale,
  m: { byDefault: 0.4, accepts: [0, 1.57], refuses: [-0.01, Math.PI / 2] },
  h: { byDefault: 0.333, accepts: [0.01, 2], refuses: [0, -1] },
  momentum,
  beyond: { byDefault: 'clip', accepts: ['plain'], refuses: ['easy'] },
  filterAbove,
  sampleRate,
});
testOptionLimits(magFace, {
  s: scale,
  lengths: {
    byDefault: [10, 110],
    accepts: [[0.1, 0.2]],
    refuses: [
      [0, 1],
      [-1, 1],
      [5, 5],
      [6, 5],
      [1, 2, 3],
    ],
  },
  margins: {
    byDefault: [0.45, 0.8],
    accepts: [
      [0, 0],
      [0.5, 3.14],
    ],
    refuses: [
      [-0.1, 1],
      [0.5, Math.PI],
      [0.6, 0.5],
    ],
  },
  lambda: { byDefault: 35, accepts: [0], refuses: [-1] },
  beyond: beyond('fallback'),
  filterAbove,
  sampleRate,
});
testOptionLimits(curricularFace, { s: scale, m: angle, momentum, beyond: beyond('fallback'), filterAbove, sampleRate });

test('combined-margin has a fallback for m1 = 1 only', () => {
  expect(combinedMargin({ m1: 1, beyond: 'fallback' }).options).toMatchObject({ beyond: 'fallback' });
  expect(() => combinedMargin({ m1: 1.01, beyond: 'fallback' })).toThrow('"fallback" requires m1 = 1');
  expect(combinedMargin({ m1: 1.01, beyond: 'continued' }).options).toMatchObject({ m1: 1.01 });
});

test('magface reports which of two limits is wrong', () => {
  expect(() => magFace({ lengths: [5, 5] })).toThrow('"lengths": the first must be less than the second');
  expect(() => magFace({ margins: [0.6, 0.5] })).toThrow('"margins": the first must not exceed the second');
});
