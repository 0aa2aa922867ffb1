// The block size is the machine's, a memory limit changes a step's memory but not its numbers, and the contents of a
// plan.
import {
  createRandom,
  createRunContainer,
  hostTensor,
  pluginContext,
  prefixed,
  stripPrefix,
  type Emit,
  type Events,
  type StepFunction,
} from '@facewright/core';
import { softmax } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { sgd, trainStep } from '@facewright/training';
import { expect, test, vi } from 'vitest';
import { COMPILING_BYTES, openOnnxEngine, planStep } from '../src/index.js';
import { probeBlock } from '../src/session/probe-block.js';
import { loadRuntime } from '../src/session/runtime.js';
import { expectClose, numbers } from '@facewright/test/agree';

const BATCH = 16;
const SIDE = 48;
const CLASSES = 11;

async function training() {
  const context = pluginContext(createRunContainer(), 'test');
  const model = await mobileFaceNet({
    inputSize: SIDE,
    width: 0.5,
    embeddingSize: 16,
    bottlenecks: [
      [2, 64, 3, 2],
      [2, 128, 2, 2],
    ],
  }).create(context);
  const [loss, optimiser] = await Promise.all([softmax().create(context), sgd({}).create(context)]);
  const body = model.init(createRandom(1));
  const params = {
    ...prefixed('model/params', body.params),
    ...prefixed('head/params', loss.init(CLASSES, 16, createRandom(2)).params),
  };
  const state = {
    ...params,
    ...prefixed('model/statistics', body.statistics),
    ...prefixed('memory', optimiser.init(params)),
  };
  const step: StepFunction = trainStep(model, loss, optimiser);
  const inputs = {
    images: numbers([BATCH, SIDE, SIDE, 3]),
    labels: hostTensor(
      [BATCH],
      Int32Array.from({ length: BATCH }, (_, i) => i % CLASSES),
    ),
    rate: hostTensor([], Float32Array.of(0.01)),
  };
  return { step, state, inputs };
}

test('the probe finds one of the known block sizes, the same one each time', async () => {
  const runtime = await loadRuntime();
  const block = await probeBlock(runtime);
  expect([0, 4, 8, 16]).toContain(block);
  expect(await probeBlock(runtime)).toBe(block);
});

test.each(['std', 'blocked'] as const)('%s: with little memory a step recomputes what it dropped', async (lowering) => {
  const { step, state, inputs } = await training();
  const free = await openOnnxEngine({ provider: 'cpu', lowering, threads: 2 });
  const whole = planStep(step, state, inputs, { block: free.block });
  const memoryBytes = 0.5 * whole.bytes;
  const plan = planStep(step, state, inputs, { block: free.block, memoryBytes });
  expect(whole.recomputed).toBe(0);
  expect(plan.recomputed).toBeGreaterThan(3);
  expect(plan.bytes).toBeLessThan(whole.bytes);
  const beside = process.memoryUsage.rss() + COMPILING_BYTES;
  const limited = await openOnnxEngine({ provider: 'cpu', lowering, threads: 2, memoryBytes: beside + memoryBytes });
  const [expected, actual] = [free.compile(step, { state }), limited.compile(step, { state })];
  for (let i = 0; i < 2; i++) expectClose(await actual.run(inputs), await expected.run(inputs), 1e-4);
  const statistics = async (executable: typeof actual) => stripPrefix('model/statistics', await executable.readState());
  expectClose(await statistics(actual), await statistics(expected), 1e-4);
  await free.dispose();
  await limited.dispose();
});

test('only a limit that was asked for is kept at the price of speed, and a notice says so', async () => {
  const { step, state, inputs } = await training();
  const available = vi.spyOn(process, 'availableMemory').mockReturnValue(1_000_000);
  const notices = async (memoryBytes?: number): Promise<Events['notice'][]> => {
    const told: Events['notice'][] = [];
    const emit: Emit = (type, event) => void (type === 'notice' && told.push(event as Events['notice']));
    const engine = await openOnnxEngine({ provider: 'cpu', lowering: 'auto', threads: 2, memoryBytes, emit });
    await engine.compile(step, { state }).run(inputs);
    await engine.dispose();
    return told;
  };
  expect(await notices()).toEqual([]);
  available.mockRestore();
  const tight = await notices(process.memoryUsage.rss() + COMPILING_BYTES);
  expect(tight).toMatchObject([{ level: 'warning', message: expect.stringContaining('several times slower') }]);
});

test('the plan grows with the batch and with the classes', async () => {
  const { step, state, inputs } = await training();
  const plan = (classes: number, batch: number) =>
    planStep(
      step,
      {
        ...state,
        'head/params/kernel': { shape: [16, classes], dtype: 'float32' },
        'head/params/bias': { shape: [classes], dtype: 'float32' },
        'memory/momentum/head/params/kernel': { shape: [16, classes], dtype: 'float32' },
        'memory/momentum/head/params/bias': { shape: [classes], dtype: 'float32' },
      },
      {
        ...inputs,
        images: { shape: [batch, SIDE, SIDE, 3], dtype: 'float32' },
        labels: { shape: [batch], dtype: 'int32' },
      },
      { block: 8 },
    );
  const [small, wide, large] = [plan(CLASSES, 16), plan(100_000, 16), plan(CLASSES, 64)];
  // two matrices of 16 × 100,000 and two vectors, in three copies
  expect(wide.fixedBytes - small.fixedBytes).toBe(3 * 4 * 2 * 17 * (100_000 - CLASSES));
  expect(large.activationBytes / small.activationBytes).toBeGreaterThan(3.5);
});
