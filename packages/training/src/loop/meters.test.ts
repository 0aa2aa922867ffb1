import { expect, test } from 'vitest';
import { createStepClock, createThroughput } from './meters.js';

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

test('the displayed rate covers the last 20 steps and the recorded rate all of them, including validation and checkpoints', () => {
  let now = 5000;
  const throughput = createThroughput(() => now);
  const step = (ms: number, images: number): void => {
    now += ms;
    throughput.count(images);
  };
  expect([throughput.recent(), throughput.overall(), throughput.seconds()]).toEqual([0, 0, 0]);
  step(1000, 100);
  expect([throughput.recent(), throughput.overall()]).toEqual([100, 100]);
  for (let i = 0; i < 20; i++) step(500, 100);
  expect(throughput.recent()).toBe(200);
  expect(throughput.overall()).toBeCloseTo(2100 / 11, 10);
  expect(throughput.seconds()).toBe(11);
  now += 1000; // after the last step, e.g. writing the model
  expect(throughput.recent()).toBe(200);
  expect(throughput.overall()).toBeCloseTo(2100 / 11, 10);
  expect(throughput.seconds()).toBe(12);
});

test("estimates leave out a stage's first step, which includes compilation", () => {
  let now = 0;
  const throughput = createThroughput(() => now);
  const step = (ms: number): void => {
    now += ms;
    throughput.count(10);
  };
  for (const stage of [1, 2]) {
    now += 5000; // e.g. loading the head
    throughput.beginStage();
    expect(throughput.steady()).toBeUndefined();
    step(9000);
    expect([throughput.steady(), throughput.recent()]).toEqual([undefined, 10 / 9]);
    step(100);
    expect(throughput.steady()).toBe(100);
    step(300);
    expect([throughput.steady(), throughput.recent()], `stage ${stage}`).toEqual([50, 50]);
  }
  expect(throughput.overall()).toBeCloseTo(60 / 28.8, 10);
});
