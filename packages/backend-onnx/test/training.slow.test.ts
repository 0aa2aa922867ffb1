// A training step of a small MobileFaceNet on each lowering, against the reference engine: loss, every gradient, running statistics, ten losses.
import { hostScalar, prefixed, type Engine } from '@facewright/core';
import { arcFace, softmax } from '@facewright/losses';
import { sgd, trainStep } from '@facewright/training';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOnnxEngine } from '../src/index.js';
import { referenceEngine } from './agree.js';
import { batch, context, expectSameStep, gradientStep, setting } from './small-net.js';

/** The reference's are the same for every lowering, and slow. */
let referenceLosses: Promise<number[]> | undefined;

async function tenLosses(engine: Engine): Promise<number[]> {
  const given = await setting(softmax(), false);
  const optimiser = await sgd({ momentum: 0.9, weightDecay: 5e-4 }).create(context());
  const state = { ...given.params, ...given.statistics, ...prefixed('memory', optimiser.init(given.params)) };
  const executable = engine.compile(trainStep(given.model, given.loss, optimiser), { state });
  const losses: number[] = [];
  for (let i = 0; i < 10; i++) losses.push((await executable.run({ ...batch(16, i + 1), rate: hostScalar(0.003) })).loss.data[0]);
  executable.dispose();
  return losses;
}

describe.each(['std', 'blocked'] as const)('%s', (lowering) => {
  let engine: Engine & { block: number };
  beforeAll(async () => {
    engine = await openOnnxEngine({ provider: 'cpu', lowering, threads: 2 });
  });
  afterAll(() => engine.dispose());

  test.each([['softmax', softmax()], ['arcface', arcFace()]])('loss, gradients and running statistics with %s', async (_, lossPlugin) => {
    if (lowering === 'blocked' && !engine.block) return;
    const given = await setting(lossPlugin);
    const state = { ...given.params, ...given.statistics };
    const step = gradientStep(given);
    const expected = await (await referenceEngine()).compile(step, { state }).run(batch(16));
    const actual = await engine.compile(step, { state }).run(batch(16));
    expectSameStep(actual, expected);
  });

  test('ten steps of SGD give the same losses', { timeout: 300_000 }, async () => {
    const expected = await (referenceLosses ??= tenLosses(await referenceEngine()));
    (await tenLosses(engine)).forEach((loss, i) => expect(Math.abs(loss - expected[i]) / expected[i], `step ${i}`).toBeLessThan(1e-3));
  });

  test('a batch that no block divides', async () => {
    const given = await setting();
    const state = { ...given.params, ...given.statistics };
    const step = gradientStep(given);
    const expected = await (await referenceEngine()).compile(step, { state }).run(batch(5));
    const actual = await engine.compile(step, { state }).run(batch(5));
    expect(Math.abs(actual.loss.data[0] - expected.loss.data[0])).toBeLessThan(1e-4);
  });
});
