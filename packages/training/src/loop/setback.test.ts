/**
 * NaN and infinity injected into the data, weights, learning rate and loss: each is named, undone as often as allowed,
 * and reported.
 */
import {
  createRandom,
  decodeSafetensors,
  filled,
  hostTensor,
  type Engine,
  type FacewrightError,
  type Loss,
  type Model,
} from '@facewright/core';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nanLoss } from '../../test/faults.js';
import { of } from '../../test/recorded.js';
import { linearLoss, openCpu, tinyDataset, tinyModel } from '../../test/tiny.js';
import { tinyRun, type TinyOutcome, type TinyRun } from '../../test/tiny-run.js';
import { badImages, firstBadTensor } from './bad-tensor.js';
import { createChanceWatch } from './chance.js';

let engine: Engine;
let root: string;
beforeAll(async () => {
  engine = await openCpu();
  root = await mkdtemp(join(tmpdir(), 'facewright-guard-'));
});
afterAll(async () => rm(root, { recursive: true }));

const guard = { retries: 2, rateFactor: 0.5, chanceAfter: 500 };

interface Run extends TinyOutcome {
  readonly error?: FacewrightError;
}

/** Twelve steps with the linear loss. */
const run = (
  directory: string,
  { loss, config, ...rest }: { loss?: Loss; config?: object } & Partial<TinyRun> = {},
): Promise<Run> =>
  tinyRun({
    engine,
    directory: join(root, directory),
    stages: [{ loss, config: { rate: 0.1, until: { steps: 12 }, ...config } }],
    flip: false,
    validation: { fraction: 0, minimum: 0, everySteps: 100 },
    checkpoint: { everySteps: 4, keep: 3 },
    guard,
    ...rest,
  }) as Promise<Run>;

const weights = async (directory: string): Promise<Buffer> =>
  readFile(join(root, directory, 'model', 'weights.safetensors'));

describe('a single NaN loss', () => {
  test('returns to the last checkpoint and continues at half the rate', async () => {
    const { events, error } = await run('once', { loss: nanLoss(linearLoss, (call) => call === 7) });
    expect(error).toBeUndefined();
    expect(of(events, 'train.setback')).toMatchObject([
      { step: 7, backTo: 4, rateFactor: 0.5, tensor: expect.stringContaining('the logits of the loss "linear"') },
    ]);
    expect(of(events, 'train.setback')[0].images).toHaveLength(8);
    expect(of(events, 'train.step').map(({ step, rate }) => [step, rate])).toEqual([
      [1, 0.1],
      [2, 0.1],
      [3, 0.1],
      [4, 0.1],
      [5, 0.1],
      [6, 0.1],
      ...[5, 6, 7, 8, 9, 10, 11, 12].map((step) => [step, 0.05]),
    ]);
    const [notice] = of(events, 'notice');
    expect(notice).toMatchObject({
      level: 'warning',
      message: expect.stringMatching(
        /step 7: the loss is NaN.*person \d\/\d.jpg.*Going back to step 4 at learning rate 0.05 \(1 of 2\)/,
      ),
    });
    const { tensors } = decodeSafetensors(await weights('once'), 'weights');
    expect(Object.values(tensors).every(({ data }) => data.every((value: number) => Number.isFinite(value)))).toBe(
      true,
    );
  });

  test('returns to the start if there is no checkpoint yet', async () => {
    const { events, error } = await run('early', { loss: nanLoss(linearLoss, (call) => call === 2) });
    expect(error).toBeUndefined();
    expect(of(events, 'train.setback')).toMatchObject([{ step: 2, backTo: 0 }]);
  });

  test('the lower rate survives an interruption: same bytes', async () => {
    await run('stopped', { loss: nanLoss(linearLoss, (call) => call === 7), abortAt: 9 });
    const { events, error } = await run('stopped', { resume: true });
    expect(error).toBeUndefined();
    expect(of(events, 'train.step').every(({ rate }) => rate === 0.05)).toBe(true);
    expect((await weights('stopped')).equals(await weights('once'))).toBe(true);
  });
});

test('repeated: retried as often as allowed, then an error with the number of attempts', async () => {
  const { events, error } = await run('always', { loss: nanLoss(linearLoss, (call) => call > 5) });
  expect(of(events, 'train.setback').map(({ backTo, rateFactor }) => [backTo, rateFactor])).toEqual([
    [4, 0.5],
    [4, 0.25],
  ]);
  expect(error!.what).toMatch(/did not help \(tried 2 times\)/);
  expect(error!.todo).toContain('The checkpoint at step 4 is good.');
});

test("NaN in the data: the error names the step's images, and which of them is bad", async () => {
  // a picture contains only bytes, so a NaN can only come from converting them to numbers
  const bad = Object.assign(tinyDataset(5, 6), {
    read: async () => ({ width: 6, height: 6, data: new Uint8Array(108) }),
  });
  const { error } = await run('data', { dataset: bad, model: { ...tinyModel, inputScale: { offset: 0, scale: NaN } } });
  expect(error!.what).toMatch(/First bad tensor: the input images \(image 1 of the batch/);
  expect(error!.what).toMatch(/Images in this step: person \d\/\d.jpg/);
  expect(badImages(hostTensor([3, 1, 1, 2], Float32Array.of(0, 1, 2, NaN, 4, Infinity)))).toEqual([1, 2]);
});

test('NaN in the weights: going back cannot help, and the tensor is named', async () => {
  const planted: Model = {
    ...tinyModel,
    init: (random) => {
      const first = tinyModel.init(random);
      return {
        ...first,
        params: {
          ...first.params,
          'stem/kernel': {
            ...first.params['stem/kernel'],
            data: Float32Array.from(first.params['stem/kernel'].data, (value, index) => (index === 5 ? NaN : value)),
          },
        },
      };
    },
  };
  const { events, error } = await run('weights', { model: planted });
  expect(of(events, 'train.setback')).toEqual([]);
  expect(error!.what).toContain('First bad tensor: model/statistics/stem/mean');
  expect(error!.todo).toContain('already bad before this step, in model/params/stem/kernel');
});

test('a learning rate far too high: it is halved until training can continue, or fails', async () => {
  const { events, error } = await run('rate', { config: { rate: 1e30, until: { steps: 12 } } });
  expect(of(events, 'train.setback').length).toBe(2);
  expect(error!.what).toMatch(/at learning rate 2.5e\+29/);
  expect(error!.todo).toContain('Lower the learning rate');
});

describe('the first bad tensor', () => {
  const order = [
    'model/params/a/kernel',
    'model/params/b/kernel',
    'model/statistics/a/mean',
    'model/statistics/b/mean',
    'head/params/centres',
  ];
  const whole = Object.fromEntries(order.map((name) => [name, filled([2], 1)]));
  const inputs = { images: filled([1, 1, 1, 3], 0), rate: filled([], 0.1) };
  const nan = filled([2], NaN);

  test('forward: the first layer with bad statistics', () => {
    expect(
      firstBadTensor({
        inputs,
        loss: NaN,
        state: { ...whole, 'model/statistics/b/mean': nan, 'model/params/a/kernel': nan, 'model/params/b/kernel': nan },
        order,
        lossName: 'arcface',
      }),
    ).toContain('model/statistics/b/mean');
  });
  test('backward: the last layer with bad parameters', () => {
    expect(
      firstBadTensor({
        inputs,
        loss: 1,
        state: { ...whole, 'model/params/a/kernel': nan, 'model/params/b/kernel': nan },
        order,
        lossName: 'arcface',
      }),
    ).toBe('the gradient of model/params/b/kernel');
    expect(firstBadTensor({ inputs, loss: 1, state: whole, order, lossName: 'arcface' })).toContain('too large');
  });
  test('the rate', () => {
    expect(
      firstBadTensor({
        inputs: { ...inputs, rate: filled([], NaN) },
        loss: 1,
        state: whole,
        order,
        lossName: 'arcface',
      }),
    ).toBe('the learning rate');
  });
});

describe('accuracy at chance', () => {
  const told = (
    identities: number,
    losses: (step: number) => number,
    accuracy: (step: number) => number,
    batch = 32,
  ): string[] => {
    const watch = createChanceWatch({ identities, batch, after: 200 });
    return Array.from({ length: 400 }, (_, step) => watch(losses(step), accuracy(step))).filter(
      (message) => message !== undefined,
    );
  };
  test('is reported once, with the figures', () => {
    const random = createRandom('chance');
    const messages = told(
      10,
      () => 2.3 + 0.05 * random.normal(),
      () => Math.round(32 * (0.1 + 0.03 * random.normal())) / 32,
    );
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/after 200 steps the accuracy is (9|10|11)\.\d\d % \(guessing gives 10.00 %\)/);
  });
  test('not if the accuracy rises', () =>
    expect(
      told(
        10,
        () => 2.3,
        () => 0.15,
      ),
    ).toEqual([]));
  test('not if the loss falls, even if no image among many people is recognised yet', () => {
    expect(
      told(
        68_000,
        (step) => 11.1 - 0.005 * step,
        () => 0,
      ),
    ).toEqual([]);
    expect(
      told(
        68_000,
        () => 11.1,
        () => 0,
      ),
    ).toHaveLength(1);
  });
});

test('clipping is reported in the events', async () => {
  const { events } = await run('clipped', { config: { rate: 0.1, clipNorm: 0.05, until: { steps: 4 } } });
  expect(of(events, 'train.step').every(({ gradientNorm, clipped }) => clipped === gradientNorm! > 0.05)).toBe(true);
  expect(of(events, 'train.step').some(({ clipped }) => clipped)).toBe(true);
});

test('a schedule without an end is rejected', async () => {
  const { error } = await run('endless', { config: { schedule: { name: 'cosine' }, until: { plateau: {} } } });
  expect(error!.what).toBe('The cosine schedule of stage 1 (linear) has no length.');
});
