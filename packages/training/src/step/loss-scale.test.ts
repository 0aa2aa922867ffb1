/**
 * Loss scaling on an engine whose gradients overflow like float16: skipped updates, how the scale changes, unchanged
 * weights without overflow, exact resumption.
 */
import {
  createRandom,
  hostScalar,
  hostTensor,
  type Engine,
  type FacewrightError,
  type HostTensors,
  type Loss,
  type PluginContext,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { of } from '../../test/recorded.js';
import { linearLoss, normal, openCpu, tinyModel } from '../../test/tiny.js';
import { tinyRun, type TinyOutcome, type TinyRun } from '../../test/tiny-run.js';
import { compileTraining, sgd } from '../index.js';
import { GOOD, SCALE } from './loss-scale.js';
import { firstState } from '../loop/stage-state.js';

let plain: Engine;
let root: string;
beforeAll(async () => {
  plain = await openCpu();
  root = await mkdtemp(join(tmpdir(), 'facewright-loss-scale-'));
});
afterAll(async () => rm(root, { recursive: true }));

const scaling = (initial: number, growAfter: number): Engine => ({ ...plain, lossScaling: { initial, growAfter } });

/** Makes gradients beyond the float16 range infinite. */
const asFloat16 = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.where(tf.greater(tf.abs(dy), 65504), tf.mul(tf.onesLike(dy), Infinity), dy),
}));
const float16Loss: Loss = {
  ...linearLoss,
  apply: (params, statistics, embeddings, labels) =>
    linearLoss.apply(params, statistics, asFloat16(embeddings) as tf.Tensor2D, labels),
};

const CLASSES = 3;
const random = createRandom('loss-scale');
const inputs = (seed: number, count = 8): HostTensors => ({
  images: normal([count, 6, 6, 3], 0.5, random.fork('images', seed)),
  labels: hostTensor(
    [count],
    Int32Array.from({ length: count }, (_, i) => (i * 5 + seed) % CLASSES),
  ),
  rate: hostScalar(0.05),
});
const sgdWithMomentum = sgd({ momentum: 0.9, weightDecay: 5e-4 });

async function compiled(engine: Engine, parts = 1) {
  const optimiser = await sgdWithMomentum.create({} as PluginContext);
  const { state } = firstState(tinyModel, { loss: float16Loss, optimiser }, CLASSES, createRandom('start'));
  return {
    state,
    executable: compileTraining({ engine, model: tinyModel, loss: float16Loss, optimiser, parts, state }),
  };
}

test.each([1, 2])('without overflow the weights equal those without scaling, bit for bit (%i parts)', async (parts) => {
  const [scaled, unscaled] = [await compiled(scaling(1024, 3), parts), await compiled(plain, parts)];
  const scales: number[] = [];
  for (let step = 0; step < 7; step++) {
    const [a, b] = [await scaled.executable.run(inputs(step)), await unscaled.executable.run(inputs(step))];
    expect([a.loss.data[0], a.gradientNorm.data[0]]).toEqual([b.loss.data[0], b.gradientNorm.data[0]]);
    expect(b.lossScale).toBeUndefined();
    scales.push(a.lossScale.data[0]);
  }
  expect(scales, 'doubled after three updates').toEqual([1024, 1024, 1024, 2048, 2048, 2048, 4096]);
  const { [SCALE]: scale, [GOOD]: good, ...rest } = await scaled.executable.readState();
  expect([scale.data[0], good.data[0]]).toEqual([4096, 1]);
  expect(rest).toEqual(await unscaled.executable.readState());
});

test.each([1, 2])(
  'an overflow leaves parameters and optimiser state unchanged and halves the scale (%i parts)',
  async (parts) => {
    const { state, executable } = await compiled(scaling(2 ** 24, 50), parts);
    let scale = 2 ** 24;
    let skipped = 0;
    for (; ; skipped++) {
      const { loss, gradientNorm, lossScale } = await executable.run(inputs(1));
      expect(lossScale.data[0]).toBe(scale);
      expect(Number.isFinite(loss.data[0])).toBe(true);
      if (Number.isFinite(gradientNorm.data[0])) break;
      const now = await executable.readState();
      for (const name of Object.keys(state).filter((name) => !name.includes('/statistics/')))
        expect(now[name], name).toEqual(state[name]);
      expect([now[SCALE].data[0], now[GOOD].data[0]]).toEqual([(scale /= 2), 0]);
    }
    expect(skipped).toBeGreaterThan(3);
    expect((await executable.readState(['head/params/kernel']))['head/params/kernel']).not.toEqual(
      state['head/params/kernel'],
    );
  },
);

/** Two stages of twelve steps. */
async function run(
  directory: string,
  engine: Engine,
  { loss = float16Loss, ...rest }: { loss?: Loss } & Partial<TinyRun> = {},
): Promise<TinyOutcome & { readonly error?: FacewrightError }> {
  const config = { rate: 0.05, clipNorm: 100, until: { steps: 12 } };
  const outcome = await tinyRun({
    engine,
    directory: join(root, directory),
    stages: ['one', 'two'].map((name) => ({ name, loss, optimiser: sgdWithMomentum, config })),
    flip: false,
    validation: { fraction: 0.2, minimum: 1, everySteps: 5 },
    checkpoint: { everySteps: 4, keep: 9 },
    guard: { retries: 1, rateFactor: 0.5, chanceAfter: 500 },
    ...rest,
  });
  return outcome as typeof outcome & { readonly error?: FacewrightError };
}
const weights = (directory: string): Promise<Buffer> => readFile(join(root, directory, 'model', 'weights.safetensors'));

test("a training reports each step's scale and the skipped updates, and keeps the scale from stage to stage", async () => {
  const { events, error } = await run('whole', scaling(2 ** 24, 4));
  expect(error).toBeUndefined();
  const steps = of(events, 'train.step');
  expect(steps).toHaveLength(24);
  expect(of(events, 'train.setback')).toEqual([]);
  steps.reduce((good, { lossScale, gradientNorm, clipped }, index) => {
    const { scale, skipped } = lossScale!;
    expect([gradientNorm === undefined, clipped === undefined], 'no norm is told of what overflowed').toEqual([
      skipped,
      skipped,
    ]);
    const grown = !skipped && good + 1 === 4;
    const kept = grown ? Math.min(2 * scale, 2 ** 24) : scale;
    if (index + 1 < steps.length)
      expect(steps[index + 1].lossScale!.scale, `after step ${index + 1}`).toBe(skipped ? scale / 2 : kept);
    return skipped || grown ? 0 : good + 1;
  }, 0);
  expect(steps.filter(({ lossScale }) => lossScale!.skipped).length).toBeGreaterThan(3);
  expect(
    steps.slice(12).some(({ lossScale }) => lossScale!.skipped),
    'in the second stage too',
  ).toBe(true);
});

test.each([2, 6, 15])('interrupted at step %i, it resumes to the same weights', async (abortAt) => {
  if ((await run('reference', scaling(2 ** 24, 4), { resume: true })).error) throw new Error('the reference failed');
  const directory = `interrupted-${abortAt}`;
  await run(directory, scaling(2 ** 24, 4), { abortAt });
  expect((await run(directory, scaling(2 ** 24, 4), { resume: true })).error).toBeUndefined();
  expect((await weights(directory)).equals(await weights('reference'))).toBe(true);
});

test('a checkpoint with a scale resumes on an engine without one, and vice versa', async () => {
  await run('without', scaling(2 ** 24, 4), { abortAt: 6 });
  const without = await run('without', plain, { resume: true });
  expect(without.error).toBeUndefined();
  expect(of(without.events, 'train.step').every(({ lossScale }) => lossScale === undefined)).toBe(true);
  await run('with', plain, { abortAt: 6 });
  const given = await run('with', scaling(8, 4), { resume: true });
  expect(given.error).toBeUndefined();
  expect(of(given.events, 'train.step')[0].lossScale).toEqual({ scale: 8, skipped: false });
});

test('a NaN gradient at a scale of 1 is a bad step', async () => {
  const bad: Loss = {
    ...linearLoss,
    apply: (params, statistics, embeddings, labels) =>
      linearLoss.apply(
        params,
        statistics,
        tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.mul(dy, NaN) }))(
          embeddings,
        ) as tf.Tensor2D,
        labels,
      ),
  };
  const { events, error } = await run('bad', scaling(4, 4), { loss: bad });
  expect(of(events, 'train.step').map(({ lossScale }) => lossScale)).toEqual([
    { scale: 4, skipped: true },
    { scale: 2, skipped: true },
  ]);
  expect(error?.message).toMatch(/Training went wrong at step/);
});
