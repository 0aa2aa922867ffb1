import { scheduleRule } from '@facewright/core';
import { describe, expect, test } from 'vitest';
import { rateAt } from './schedule.js';

test('the rate rises linearly to its full value', () => {
  const stage = { rate: 0.4, warmUp: 4 };
  expect([0, 1, 2, 3, 4, 100].map((step) => rateAt(stage, step))).toEqual([
    0.1, 0.2, 0.30000000000000004, 0.4, 0.4, 0.4,
  ]);
  expect(rateAt({ rate: 0.4, warmUp: 0 }, 0)).toBe(0.4);
});

describe('schedules', () => {
  const rates = (
    schedule: object,
    steps: readonly number[],
    rest: { warmUp?: number; limit?: number } = {},
  ): number[] =>
    steps.map((step) =>
      Number(
        rateAt({ rate: 1, warmUp: rest.warmUp ?? 0, schedule: scheduleRule.parse(schedule) }, step, rest.limit).toFixed(
          9,
        ),
      ),
    );

  test("step: the paper's schedule divides it by ten at 36K, 52K and 58K", () => {
    expect(
      rates(
        { name: 'step', at: [36_000, 52_000, 58_000] },
        [0, 35_999, 36_000, 51_999, 52_000, 57_999, 58_000, 59_999],
      ),
    ).toEqual([1, 1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001]);
  });
  test('cosine: half the rate at half time, slow at both ends', () => {
    expect(rates({ name: 'cosine' }, [0, 25, 50, 75, 100, 500], { limit: 100 })).toEqual([
      1, 0.853553391, 0.5, 0.146446609, 0, 0,
    ]);
    expect(rates({ name: 'cosine', final: 0.2, steps: 10 }, [0, 5, 10])).toEqual([1, 0.6, 0.2]);
  });
  test("polynomial: linear by default, to the stage's limit or the given number of steps", () => {
    expect(rates({ name: 'polynomial' }, [0, 1, 2, 3, 4], { limit: 4 })).toEqual([1, 0.75, 0.5, 0.25, 0]);
    expect(rates({ name: 'polynomial', power: 2, steps: 4 }, [0, 1, 2, 3, 4, 9], { limit: 1000 })).toEqual([
      1, 0.5625, 0.25, 0.0625, 0, 0,
    ]);
  });
  test('after warm-up: from the full rate down, over the remaining steps', () => {
    expect(rates({ name: 'polynomial' }, [0, 1, 2, 3, 4, 5, 6], { warmUp: 2, limit: 6 })).toEqual([
      0.5, 1, 1, 0.75, 0.5, 0.25, 0,
    ]);
    expect(rates({ name: 'cosine' }, [0, 3, 4, 6, 8], { warmUp: 4, limit: 8 })).toEqual([0.25, 1, 1, 0.5, 0]);
    expect(rates({ name: 'step', at: [3], factor: 0.5 }, [0, 1, 2, 3], { warmUp: 2 })).toEqual([0.5, 1, 1, 0.5]);
  });
  test('a wrong name or key is an error that names it', () => {
    expect(() => scheduleRule.parse({ name: 'step' })).toThrow(/at/);
    expect(() => scheduleRule.parse({ name: 'linear' })).toThrow(/name/);
    expect(() => scheduleRule.parse({ name: 'cosine', power: 2 })).toThrow(/power/);
  });
});
