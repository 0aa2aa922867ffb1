/** How the base handles ops without a lowering, and steps with dynamic axes. */
import { cpu } from '@facewright/backend-cpu';
import { filled, hostScalar, hostTensor, type Emit, type Engine, type StepFunction } from '@facewright/core';
import { testContext } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { openToyEngine } from './toy-engine.js';

let eager: Engine;
const events: [string, object][] = [];
const emit: Emit = (type, event) => void events.push([type, event]);
beforeAll(async () => void (eager = await (await cpu().create(testContext())).open()));
afterEach(() => void events.splice(0));

/** The toy engine has no rounding op. Shapes of 3 are rounded. */
const step: StepFunction = ({ total }, { x }) => {
  const next = tf.add(total, tf.sum(x.shape[0] === 3 ? tf.round(x) : x));
  return { state: { total: next }, outputs: { total: next } };
};
const ones = (length: number) => ({ x: filled([length], 1.2) });

test('a gap moves the step, with its state, to the op-by-op engine, and reports it', async () => {
  const executable = openToyEngine(eager, emit).compile(step, { name: 'mine', state: { total: hostScalar(10) } });
  expect(executable.lowering).toBeUndefined();
  expect((await executable.run(ones(2))).total.data[0]).toBeCloseTo(12.4, 5);
  expect(executable.lowering).toBe('toy');
  expect((await executable.run(ones(3))).total.data[0]).toBeCloseTo(15.4, 5);
  expect(executable.lowering).toBe('eager');
  expect((await executable.run(ones(2))).total.data[0]).toBeCloseTo(17.8, 5);
  await executable.writeState({ total: hostScalar(1) });
  expect((await executable.readState()).total).toEqual(hostScalar(1));
  expect(events.map(([type]) => type)).toEqual(['engine.compiled', 'engine.fallback', 'notice']);
  expect(events[1][1]).toEqual({ name: 'toy', step: 'mine', missing: 'Round' });
});

test('without such an engine the gap is the caller’s error, and the state is unchanged', async () => {
  const executable = openToyEngine(undefined, emit).compile(step, { name: 'mine', state: { total: hostScalar(10) } });
  await expect(executable.run(ones(3))).rejects.toThrow(/"mine" uses Round[\s\S]*"toy"[\s\S]*op by op/);
  expect((await executable.readState()).total).toEqual(hostScalar(10));
  expect((await executable.run(ones(2))).total.data[0]).toBeCloseTo(12.4, 5);
});

test('steps with dynamic axes run op by op, if there is such an engine', async () => {
  const square: StepFunction = (_, { x }) => ({ outputs: { y: tf.mul(x, x) } });
  const options = { dynamicAxes: { x: [0] } };
  const x = hostTensor([1], Float32Array.of(3));
  for (const [engine, lowering] of [
    [openToyEngine(eager), 'eager'],
    [openToyEngine(), 'toy'],
  ] as const) {
    const executable = engine.compile(square, options);
    expect((await executable.run({ x })).y.data[0]).toBe(9);
    expect(executable.lowering).toBe(lowering);
  }
});

test('each signature is compiled once', async () => {
  const executable = openToyEngine(undefined, emit).compile((_, { x }) => ({ outputs: { y: tf.mul(x, 2) } }));
  for (const length of [2, 4, 2, 4]) await executable.run(ones(length));
  expect(events).toHaveLength(2);
});

test('closing an engine waits for calls in progress', async () => {
  const engine = openToyEngine();
  const running = engine.compile(step, { state: { total: hostScalar(0) } }).run(ones(2));
  await engine.dispose();
  expect((await running).total.data[0]).toBeCloseTo(2.4, 5);
});
