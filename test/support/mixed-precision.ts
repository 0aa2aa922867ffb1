/**
 * The effect of an engine's 16-bit arithmetic on training a small MobileFaceNet, compared with its own float32: loss,
 * gradients, statistics, twenty steps, overflow.
 */
import {
  createRunContainer,
  hostScalar,
  hostTensor,
  pluginContext,
  prefixed,
  stripPrefix,
  type Engine,
  type HostTensors,
} from '@facewright/core';
import { softmax } from '@facewright/losses';
import { compileTraining, sgd } from '@facewright/training';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batch, gradientStep, setting } from './training-agreement.js';

export interface MixedPrecision {
  /** `initialScale` is the loss scale, with float16. */
  readonly open: (precision: 'float32' | 'bfloat16' | 'float16', initialScale?: number) => Promise<Engine>;
  readonly precision: 'bfloat16' | 'float16';
  /** Half the distance between neighbouring numbers at 1. */
  readonly epsilon: number;
}

const flat = (tensors: HostTensors): number[] =>
  Object.keys(tensors)
    .sort()
    .flatMap((name) => [...tensors[name].data]);
const norm = (values: readonly number[]): number => Math.hypot(...values);

/** Rounds to this many digits. */
const roundedTo =
  (epsilon: number) =>
  (value: number): number => {
    const unit = 2 * epsilon * 2 ** Math.floor(Math.log2(Math.abs(value) || 1));
    return Math.round(value / unit) * unit;
  };

/** Registers the tests. */
export function testMixedPrecision({ open, precision, epsilon }: MixedPrecision): void {
  let [full, mixed]: Engine[] = [];
  beforeAll(async () => {
    [full, mixed] = [await open('float32'), await open(precision)];
  });
  afterAll(async () => {
    await full.dispose();
    await mixed.dispose();
  });

  test('a step: state is float32, loss and gradients are close to those of float32 but not equal', async () => {
    const given = await setting();
    const state = { ...given.params, ...given.statistics };
    const [expected, executable] = [
      await full.compile(gradientStep(given), { state }).run(batch(16)),
      mixed.compile(gradientStep(given), { state }),
    ];
    const actual = await executable.run(batch(16));
    const difference = Math.abs(actual.loss.data[0] - expected.loss.data[0]) / expected.loss.data[0];
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(4 * epsilon);
    // PReLU's kinks make the gradient jump: rounding only the weights and the input, in float32, shows how much that
    // matters
    const rounded = (tensors: HostTensors): HostTensors =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, { shape, dtype, data }]) => [
          name,
          dtype === 'float32' ? hostTensor(shape, Float32Array.from(data, roundedTo(epsilon))) : tensors[name],
        ]),
      );
    const nearby = await full
      .compile(gradientStep(given), { state: { ...rounded(given.params), ...given.statistics } })
      .run(rounded(batch(16)));
    const [a, b, c] = [actual, expected, nearby].map((outputs) => flat(stripPrefix('gradient', outputs)));
    const away = (gradient: readonly number[]): number => norm(gradient.map((value, i) => value - b[i])) / norm(b);
    expect(away(a)).toBeLessThan(4 * away(c));
    // rounding has no preferred direction: little of it is along the gradient
    expect(Math.abs(norm(a) / norm(b) - 1)).toBeLessThan(away(a) / 4);
    const statistics = Object.keys(expected).filter(
      (name) => name.startsWith('statistics/') && name.endsWith('variance'),
    );
    for (const name of statistics)
      actual[name].data.forEach((value: number, i: number) =>
        expect(Math.abs(value / expected[name].data[i] - 1), name).toBeLessThan(40 * epsilon),
      );
    const after = await executable.readState();
    for (const name of Object.keys(given.params))
      expect(after[name], 'what the step does not change is not rounded').toEqual(state[name]);
    executable.dispose();
  });

  async function trained(engine: Engine, steps: number) {
    const given = await setting(softmax(), false);
    const optimiser = await sgd({ momentum: 0.9, weightDecay: 5e-4 }).create(
      pluginContext(createRunContainer({ seed: 3 }), 'test'),
    );
    const state = { ...given.params, ...given.statistics, ...prefixed('memory', optimiser.init(given.params)) };
    const executable = compileTraining({ engine, model: given.model, loss: given.loss, optimiser, parts: 1, state });
    const outputs: HostTensors[] = [];
    // four batches in turn, which are memorised
    for (let i = 0; i < steps; i++)
      outputs.push(await executable.run({ ...batch(16, (i % 4) + 1), rate: hostScalar(0.05) }));
    executable.dispose();
    return outputs;
  }

  test('forty steps learn like those in float32', async () => {
    const [expected, actual] = [await trained(full, 40), await trained(mixed, 40)];
    const last = (outputs: HostTensors[]): number =>
      outputs.slice(-4).reduce((sum, { loss }) => sum + loss.data[0] / 4, 0);
    expect(last(expected)).toBeLessThan(0.5 * expected[0].loss.data[0]);
    expect(Math.abs(last(actual) / last(expected) - 1)).toBeLessThan(0.15);
    expect(full.lossScaling).toBeUndefined();
    expect(mixed.lossScaling !== undefined).toBe(precision === 'float16');
  });

  if (precision === 'float16')
    test('gradients that overflow in float16 are skipped until the scale fits', async () => {
      const engine = await open(precision, 2 ** 24);
      const outputs = await trained(engine, 24);
      const overflowed = outputs.map(({ gradientNorm }) => !Number.isFinite(gradientNorm.data[0]));
      const first = overflowed.indexOf(false);
      expect(first).toBeGreaterThan(2);
      expect(overflowed.slice(0, first).every(Boolean)).toBe(true);
      expect(outputs.slice(0, first + 1).map(({ lossScale }) => lossScale.data[0])).toEqual(
        Array.from({ length: first + 1 }, (_, i) => 2 ** (24 - i)),
      );
      expect(outputs.every(({ loss }) => Number.isFinite(loss.data[0]))).toBe(true);
      expect(outputs[23].loss.data[0]).toBeLessThan(outputs[0].loss.data[0]);
      await engine.dispose();
    });
}
