/** A plan's figures against shapes derived by hand and against the actual size of a training's state. */
import { createRandom, createRunContainer, pluginContext } from '@facewright/core';
import { arcFace, softmax, subCentreArcFace } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { adam, firstState, sgd } from '@facewright/training';
import { expect, test } from 'vitest';
import { planTraining, type StagePlan } from './plan-training.js';

const context = pluginContext(createRunContainer(), 'test');
const model = await mobileFaceNet({
  inputSize: 32,
  width: 0.25,
  embeddingSize: 16,
  bottlenecks: [
    [2, 64, 2, 2],
    [2, 128, 2, 2],
  ],
}).create(context);
const [plain, sub, margin, momentum, moments] = await Promise.all([
  softmax().create(context),
  subCentreArcFace({ k: 3 }).create(context),
  arcFace().create(context),
  sgd({ momentum: 0.9 }).create(context),
  adam().create(context),
]);
const PROCESS = 1e8;

const plan = (options: Partial<Parameters<typeof planTraining>[0]> = {}): StagePlan[] =>
  planTraining({
    model,
    stages: [{ name: 'softmax', loss: plain, optimiserName: 'sgd', optimiser: momentum }],
    classes: 50,
    batch: 64,
    block: 16,
    limitBytes: Infinity,
    processBytes: PROCESS,
    ...options,
  });

test.each([
  ['softmax', plain, momentum],
  ['sub-centre', sub, moments],
  ['arcface', margin, moments],
])('sizes of the head and optimiser state with %s', (name, loss, optimiser) => {
  const { state } = firstState(model, { loss, optimiser }, 50, createRandom(1));
  const numbers = (prefix: string): number =>
    Object.entries(state)
      .filter(([entry]) => entry.startsWith(prefix))
      .reduce((sum, [, { data }]) => sum + data.length, 0);
  const [{ parameters }] = plan({ stages: [{ name, loss, optimiserName: 'x', optimiser }] });
  expect(parameters).toEqual({
    model: numbers('model/params/'),
    head: numbers('head/params/'),
    optimiser: numbers('memory/'),
  });
});

test('a million classes are planned without allocating their numbers', () => {
  const [few] = plan();
  const [many] = plan({ classes: 1_000_000 });
  // a matrix of 16 × n and a vector of n, with momenta of the same size, in three copies in the step and two beside
  // it; plus the logits of 64 images
  const grown = many.peakBytes.exact - few.peakBytes.exact;
  expect(many.parameters.head - few.parameters.head).toBe(17 * (1_000_000 - 50));
  expect(grown).toBeGreaterThan(4 * 5 * 2 * 17 * 999_950);
  expect(grown).toBeLessThan(4 * (5 * 2 * 17 + 5 * 64) * 1_000_000);
});

test('a head on a sample of its classes takes three copies of all in host memory, and a step for those it sees', async () => {
  const loss = await softmax({ sampleRate: 0.001 }).create(context);
  const [few, many] = [100_000, 1_000_000].map(
    (classes) => plan({ classes, stages: [{ name: 'softmax', loss, optimiserName: 'sgd', optimiser: momentum }] })[0],
  );
  const grown = many.peakBytes.exact - few.peakBytes.exact;
  expect(many.parameters.head).toBe(17 * 1_000_000);
  expect([few, many].map(({ classesInStep }) => classesInStep)).toEqual([100, 1000]);
  expect(grown).toBeGreaterThan(4 * 3 * 2 * 17 * 900_000);
  // 900 more classes in a step
  expect(grown).toBeLessThan(4 * (3 * 2 * 17 * 900_000 + (3 * 2 * 17 + 5 * 64) * 900));
});

test('recomputation and micro-batches take less memory; the limit decides what happens here', () => {
  const [{ peakBytes, activationBytes, here }] = plan();
  expect(here).toEqual({ bytes: peakBytes.exact, recomputed: 0, fits: true });
  expect(peakBytes.exact).toBeGreaterThan(PROCESS + activationBytes);
  expect(peakBytes.rematerialised.values).toBeGreaterThan(2);
  expect(peakBytes.rematerialised.bytes).toBeLessThan(peakBytes.exact);
  expect(peakBytes.microBatches.map(({ microBatch }) => microBatch)).toEqual([32, 16]);
  const [half, quarter] = peakBytes.microBatches.map(({ bytes }) => bytes);
  expect(half).toBeLessThan(peakBytes.exact);
  expect(quarter).toBeLessThan(half);

  const limitBytes = here.bytes - 0.2 * activationBytes;
  const [limited] = plan({ limitBytes });
  expect(limited.here.fits).toBe(true);
  expect(limited.here.recomputed).toBeGreaterThan(0);
  expect(limited.here.bytes).toBeLessThanOrEqual(limitBytes);
  expect(plan({ limitBytes, microBatch: 16 })[0].here).toEqual({ bytes: quarter, recomputed: 0, fits: true });
  expect(plan({ limitBytes: 1e4 })[0].here.fits).toBe(false);
});
