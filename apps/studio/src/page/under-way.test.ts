import type { RunEvent } from '@facewright/core';
import { expect, test } from 'vitest';
import { underWay } from './under-way.js';

const started = { type: 'run.started', at: 0, command: 'run', seed: 1, config: {}, versions: {} } as const;
const finished = { type: 'run.finished', at: 9000, seconds: 9 } as const;
const train = (at: number, done: number, perSecond?: number): RunEvent<'progress'> => ({
  type: 'progress',
  at,
  task: 'train',
  done,
  total: 4000,
  least: 0,
  unit: 'images',
  ...(perSecond && { perSecond }),
  text: 'softmax, loss 2.100',
});

test('a finished run and an empty log are not in progress', () => {
  expect(underWay([], 0)).toBeUndefined();
  expect(underWay([started, train(1, 40), finished], 9000)).toBeUndefined();
});

test('a resumed run is in progress again', () => {
  expect(underWay([started, finished, { ...started, at: 9500 }], 9600)).toEqual({ task: 'Starting' });
});

test('the fraction, the amount and the maximum time left', () => {
  expect(underWay([started, train(1000, 1000, 100)], 1500)).toEqual({
    task: 'Training: softmax, loss 2.100',
    share: 0.25,
    amount: '1,000 of 4,000 images',
    left: 'at most 30 s left',
  });
});

test("without a reported rate, uses the average since the task's first event", () => {
  expect(underWay([started, train(1000, 0), train(11_000, 1000)], 11_000)?.left).toBe('at most 30 s left');
  expect(underWay([started, train(1000, 1000)], 1000)?.left).toBeUndefined();
  // too early to tell
  expect(underWay([started, train(1000, 0), train(3000, 40)], 3000)?.left).toBeUndefined();
});

test('silence is reported', () => {
  expect(underWay([started, train(1000, 1000, 100)], 121_000)?.silentFor).toBe(120_000);
});
