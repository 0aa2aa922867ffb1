import { scheduleRule, stageConfig, type StageConfig } from '@facewright/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EMPTY_RECORD, ending, observe, rateAt, recentLoss, stepLimit, type LossRecord } from './schedule.js';

const config = (until: object, rest: object = {}): StageConfig => stageConfig.parse({ loss: 'any', until, ...rest });
const after = (losses: readonly number[], stage: StageConfig): LossRecord => losses.reduce((record, loss) => observe(record, loss, stage), EMPTY_RECORD);
/** After how many losses the stage ends. */
function endOf(losses: readonly number[], stage: StageConfig, perEpoch = 10): number | undefined {
  const found = losses.findIndex((_, index) => ending(after(losses.slice(0, index + 1), stage), stage.until, perEpoch));
  return found < 0 ? undefined : found + 1;
}

test('the rate rises linearly to its value', () => {
  const stage = { rate: 0.4, warmUp: 4 };
  expect([0, 1, 2, 3, 4, 100].map((step) => rateAt(stage, step))).toEqual([0.1, 0.2, 0.30000000000000004, 0.4, 0.4, 0.4]);
  expect(rateAt({ rate: 0.4, warmUp: 0 }, 0)).toBe(0.4);
});

describe('schedules', () => {
  const rates = (schedule: object, steps: readonly number[], rest: { warmUp?: number; limit?: number } = {}): number[] =>
    steps.map((step) => Number(rateAt({ rate: 1, warmUp: rest.warmUp ?? 0, schedule: scheduleRule.parse(schedule) }, step, rest.limit).toFixed(9)));

  test('step: the paper\'s falls by ten at 36K, 52K and 58K', () => {
    expect(rates({ name: 'step', at: [36_000, 52_000, 58_000] }, [0, 35_999, 36_000, 51_999, 52_000, 57_999, 58_000, 59_999])).toEqual([1, 1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001]);
  });
  test('cosine: half way down at half time, a slow start and end', () => {
    expect(rates({ name: 'cosine' }, [0, 25, 50, 75, 100, 500], { limit: 100 })).toEqual([1, 0.853553391, 0.5, 0.146446609, 0, 0]);
    expect(rates({ name: 'cosine', final: 0.2, steps: 10 }, [0, 5, 10])).toEqual([1, 0.6, 0.2]);
  });
  test('polynomial: linear by default, to the stage\'s limit or the steps given', () => {
    expect(rates({ name: 'polynomial' }, [0, 1, 2, 3, 4], { limit: 4 })).toEqual([1, 0.75, 0.5, 0.25, 0]);
    expect(rates({ name: 'polynomial', power: 2, steps: 4 }, [0, 1, 2, 3, 4, 9], { limit: 1000 })).toEqual([1, 0.5625, 0.25, 0.0625, 0, 0]);
  });
  test('after a warm-up: from the full rate down, over what is left', () => {
    expect(rates({ name: 'polynomial' }, [0, 1, 2, 3, 4, 5, 6], { warmUp: 2, limit: 6 })).toEqual([0.5, 1, 1, 0.75, 0.5, 0.25, 0]);
    expect(rates({ name: 'cosine' }, [0, 3, 4, 6, 8], { warmUp: 4, limit: 8 })).toEqual([0.25, 1, 1, 0.5, 0]);
    expect(rates({ name: 'step', at: [3], factor: 0.5 }, [0, 1, 2, 3], { warmUp: 2 })).toEqual([0.5, 1, 1, 0.5]);
  });
  test('a wrong name or key is an error that names it', () => {
    expect(() => scheduleRule.parse({ name: 'step' })).toThrow(/at/);
    expect(() => scheduleRule.parse({ name: 'linear' })).toThrow(/name/);
    expect(() => scheduleRule.parse({ name: 'cosine', power: 2 })).toThrow(/power/);
  });
});

test('a loss of next to nothing ends a stage, though it still halves in every window', () => {
  const halving = Array.from({ length: 60 }, (_, step) => 2 ** -Math.floor(step / 4));
  const until = { plateau: { window: 4, minimumGain: 0.1, patience: 2, minimumLoss: 0.05 } };
  expect(endOf(halving, config(until))).toBe(4 * 7); // 2⁻⁵ is the first mean at or below 0.05, 2⁻⁶ the second
  expect(endOf(halving, config({ plateau: { ...until.plateau, minimumLoss: 0 } }))).toBeUndefined();
});

test('steps and epochs end a stage, whichever is first', () => {
  const flat = Array.from({ length: 50 }, () => 1);
  expect(endOf(flat, config({ steps: 7 }))).toBe(7);
  expect(endOf(flat, config({ epochs: 2 }))).toBe(20);
  expect(endOf(flat, config({ epochs: 0.25 }))).toBe(3);
  expect(endOf(flat, config({ epochs: 2, steps: 30 }))).toBe(20);
  expect([stepLimit({ steps: 30, epochs: 2 }, 10), stepLimit({ epochs: 0.001 }, 10), stepLimit({}, 10)]).toEqual([20, 1, undefined]);
});

const plateau = { window: 2, minimumGain: 0.1, patience: 2 };

test.each([
  // window means:            4    3    2    1.9  1.85: the last two are no tenth below the 2
  ['lingers', [4, 4, 3, 3, 2, 2, 1.9, 1.9, 1.85, 1.85, 1, 1], 10],
  // small gains add up:      4    3.7  3.4 (a gain over the 4)  3.1 (none)  2.9 (over the 3.4)
  ['creeps', [4, 4, 3.7, 3.7, 3.4, 3.4, 3.1, 3.1, 2.9, 2.9], undefined],
  // up and down again:       2    3    2.2: no progress although it fell by a quarter
  ['bounces', [2, 2, 3, 3, 2.2, 2.2], 6],
  ['falls', [8, 8, 4, 4, 2, 2, 1, 1], undefined],
  ['is zero', [0, 0, 0, 0, 0, 0], 4],
])('the plateau rule on a loss that %s', (_name, losses, expected) => {
  expect(endOf(losses, config({ plateau }))).toBe(expected);
});

test('the evidence is what the rule saw', () => {
  const stage = config({ plateau });
  const end = ending(after([4, 4, 3, 3, 2, 2, 1.9, 1.9, 1.85, 1.85], stage), stage.until, 10);
  expect(end).toEqual({ because: 'plateau', evidence: { window: 2, minimumGain: 0.1, patience: 2, minimumLoss: 0.01, means: [2, 1.9, 1.85], reference: 2, gain: expect.closeTo(0.075, 10) } });
});

test('the warm-up does not count as lingering', () => {
  const losses = [5, 5, 5, 5, 5, 5, 5, 5, 5, 5];
  expect(endOf(losses, config({ plateau }))).toBe(6);
  expect(endOf(losses, config({ plateau }, { warmUp: 3 }))).toBe(9);
});

test('a record goes through a checkpoint unchanged', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 60 }), fc.nat(60), (losses, at) => {
      const stage = config({ plateau });
      const saved = JSON.parse(JSON.stringify(after(losses.slice(0, at), stage))) as LossRecord;
      expect(JSON.stringify(losses.slice(at).reduce((record, loss) => observe(record, loss, stage), saved))).toBe(JSON.stringify(after(losses, stage)));
    }),
  );
});

test('a stage ended with the mean of its last 20 losses', () => {
  expect(recentLoss(after([100, ...Array.from({ length: 20 }, (_, index) => index)], config({ steps: 1 })))).toBe(9.5);
});
