import { expect, test } from 'vitest';
import { createStepClock } from './meters.js';

test("a step's time is split into waiting for data, computing, and everything between the steps", () => {
  const times = [100, 110, 140, /* between */ 145, 145.5, 195.5];
  const clock = createStepClock(() => times.shift()!);
  const step = () => {
    clock.began();
    clock.loaded();
    clock.computed();
    return clock.step();
  };
  expect(step()).toEqual({ data: 10, compute: 30, other: 0 });
  expect(step()).toEqual({ data: 0.5, compute: 50, other: 5 });
});
