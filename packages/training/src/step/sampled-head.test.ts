/** A head on a sample of its classes: who is drawn, that nobody else changes, gradients, and that all classes together are the whole head. */
import {
  createRandom,
  hostScalar,
  hostTensor,
  type Engine,
  type HostTensors,
  type Loss,
  type PluginContext,
} from '@facewright/core';
import fc from 'fast-check';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cosineLoss, linearLoss, normal, openCpu, tinyDataset, tinyModel } from '../../test/tiny.js';
import { tinyRun } from '../../test/tiny-run.js';
import { adam, compileTraining, sgd } from '../index.js';
import { firstState } from '../loop/stage-state.js';
import { classesInStep, compileSampled, createClassSampler } from './sampled-head.js';

let engine: Engine;
let root: string;
beforeAll(async () => {
  engine = await openCpu();
  root = await mkdtemp(join(tmpdir(), 'facewright-sampled-'));
});
afterAll(async () => rm(root, { recursive: true }));

const random = createRandom('sampled head');
const onSample = (loss: Loss, rate: number): Loss => ({
  ...loss,
  sampled: { rate, perClass: loss === cosineLoss ? ['centres'] : ['kernel'] },
});

describe('the classes of a step', () => {
  test('are those of the batch and others, sorted, none twice, as many as wanted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(40), fc.nat(), (identities, wanted, seed) => {
        const draw = createRandom(seed);
        const labels = Array.from({ length: 1 + draw.integer(12) }, () => draw.integer(identities));
        const own = new Set(labels);
        const count = Math.min(identities, Math.max(own.size, wanted));
        const classes = createClassSampler(identities, count)(labels, draw.fork('step'));
        expect(classes).toHaveLength(count);
        expect([...classes]).toEqual([...new Set(classes)].sort((a, b) => a - b));
        for (const label of own) expect(classes).toContain(label);
        expect(Math.max(...classes)).toBeLessThan(identities);
      }),
    );
  });

  test('come about equally often, whether few or most of them are drawn', () => {
    for (const count of [5, 16]) {
      const sample = createClassSampler(20, count);
      const seen = new Uint32Array(20);
      for (let step = 0; step < 4000; step++) for (const label of sample([3], random.fork(step))) seen[label]++;
      expect(seen[3]).toBe(4000);
      const expected = (4000 * (count - 1)) / 19;
      for (let label = 0; label < 20; label++)
        if (label !== 3) expect(Math.abs(seen[label] - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
  });

  test('have room for all of a batch', () => {
    expect(classesInStep(0.1, 1000, 64)).toBe(100);
    expect(classesInStep(0.01, 1000, 64)).toBe(64);
    expect(classesInStep(0.01, 50, 64)).toBe(50);
    expect(() => createClassSampler(5, 2)([0, 1, 2], random)).toThrow('more than 2 classes');
  });
});

const CLASSES = 30;
const inputs = (step: number, count = 6): HostTensors => ({
  images: normal([count, 6, 6, 3], 0.5, random.fork('images', step)),
  labels: hostTensor(
    [count],
    Int32Array.from({ length: count }, (_, i) => (i * 7 + step * 3) % CLASSES),
  ),
  rate: hostScalar(0.05),
});
const optimisers = { sgd: sgd({ weightDecay: 1e-3 }), adam: adam() };

async function setUp(loss: Loss, name: keyof typeof optimisers = 'sgd') {
  const optimiser = await optimisers[name].create({} as PluginContext);
  const { state } = firstState(tinyModel, { loss, optimiser }, CLASSES, random);
  const compile = (part: HostTensors, parts = 1) =>
    compileTraining({ engine, model: tinyModel, loss, optimiser, parts, state: part });
  const sampled = (parts = 1) =>
    compileSampled({ loss, identities: CLASSES, batch: 6, state, random, compile: (part) => compile(part, parts) });
  return { state, whole: compile(state), sampled };
}

for (const [name, loss] of [
  ['linear', linearLoss],
  ['cosine', cosineLoss],
] as const)
  for (const optimiser of ['sgd', 'adam'] as const)
    test(`all classes in a step are the whole head, bit for bit (${name}, ${optimiser})`, async () => {
      const { whole, sampled } = await setUp(onSample(loss, 0.999), optimiser);
      const step = sampled();
      for (let number = 0; number < 6; number++)
        expect(await step.run(inputs(number), number)).toEqual(await whole.run(inputs(number)));
      expect(await step.readState()).toEqual(await whole.readState());
      step.dispose();
      whole.dispose();
    });

test.each([1, 3])(
  'a step in %d parts changes its own classes and leaves all others as they are, with their memory',
  async (parts) => {
    const { state, sampled } = await setUp(onSample(cosineLoss, 0.4), 'sgd');
    const step = sampled(parts);
    const names = ['head/params/centres', 'memory/momentum/head/params/centres'];
    const sample = createClassSampler(CLASSES, 12);
    let before = state;
    for (let number = 0; number < 4; number++) {
      await step.run(inputs(number), number);
      const after = await step.readState();
      const classes = new Set(sample(inputs(number).labels.data, random.fork(number)));
      for (const name of names)
        for (let i = 0; i < after[name].data.length; i++)
          expect(after[name].data[i] !== before[name].data[i], `${name} ${i}`).toBe(classes.has(i % CLASSES));
      before = after;
    }
    step.dispose();
  },
);

test('what is written is read again, by name and whole', async () => {
  const { state, sampled } = await setUp(onSample(linearLoss, 0.4));
  const step = sampled();
  const first = await step.readState();
  expect(first).toEqual(state);
  await step.run(inputs(0), 0);
  const outputs = await step.run(inputs(1), 1);
  const kernel = { 'head/params/kernel': (await step.readState(['head/params/kernel']))['head/params/kernel'] };
  expect(kernel['head/params/kernel']).not.toEqual(first['head/params/kernel']);
  await step.writeState(first);
  expect(await step.readState()).toEqual(first);
  await step.run(inputs(0), 0);
  expect(await step.run(inputs(1), 1)).toEqual(outputs);
  expect(await step.readState(['head/params/kernel'])).toEqual(kernel);
  step.dispose();
});

test('the gradient is that of the loss among the classes of the step', async () => {
  const loss = onSample(linearLoss, 0.4);
  const { state } = await setUp(loss);
  const plain = await sgd({ momentum: 0 }).create({} as PluginContext);
  const bare = Object.fromEntries(Object.entries(state).filter(([name]) => !name.startsWith('memory/')));
  const open = (start: HostTensors, rate: number) => {
    const step = compileSampled({
      loss,
      identities: CLASSES,
      batch: 6,
      state: start,
      random,
      compile: (part) => compileTraining({ engine, model: tinyModel, loss, optimiser: plain, parts: 1, state: part }),
    });
    return { step, run: () => step.run({ ...inputs(0), rate: hostScalar(rate) }, 0) };
  };
  const name = 'head/params/kernel';
  const { step, run } = open(bare, 1);
  await run();
  const after = (await step.readState([name]))[name].data;
  for (const index of [0, 7, 31, 44, 59, 60, 93, 119]) {
    const moved = async (by: number): Promise<number> => {
      const data = bare[name].data.slice();
      data[index] += by;
      const other = open({ ...bare, [name]: hostTensor(bare[name].shape, data) }, 0);
      return (await other.run()).loss.data[0];
    };
    const difference = ((await moved(0.02)) - (await moved(-0.02))) / 0.04;
    expect(bare[name].data[index] - after[index]).toBeCloseTo(difference, 3);
  }
  step.dispose();
});

test('a training that is interrupted goes on to the same bytes, and is validated and taken over by a whole head', async () => {
  const dataset = tinyDataset(20, 4);
  const stages = [
    { loss: onSample(linearLoss, 0.5), optimiser: adam(), config: { rate: 0.02, until: { steps: 8 } } },
    { name: 'cosine', loss: onSample(cosineLoss, 0.5), config: { rate: 0.05, until: { steps: 7 } } },
    { name: 'cosine', loss: cosineLoss, config: { rate: 0.05, until: { steps: 2 } } },
  ];
  const options = { engine, dataset, stages };
  const weights = (name: string): Promise<Buffer> => readFile(join(root, name, 'model/weights.safetensors'));
  const { error, events } = await tinyRun({ ...options, directory: join(root, 'whole') });
  expect(error).toBeUndefined();
  expect(events.filter(({ type }) => type === 'train.validation').length).toBeGreaterThan(2);
  expect(JSON.stringify(events)).toContain('Each step of linear sees 10 of 20 people.');
  for (const [index, abortAt] of [3, 6, 11, undefined].entries())
    await tinyRun({ ...options, directory: join(root, 'parts'), resume: index > 0, abortAt });
  expect((await weights('parts')).equals(await weights('whole'))).toBe(true);
});
