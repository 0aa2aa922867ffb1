/** A whole training of a tiny model: it learns, switches loss, and resumes after an interruption to the same bytes. */
import { wasm } from '@facewright/backend-wasm';
import { createRandom, DeviceLost, FacewrightError, Interrupted, type Engine, type Loss } from '@facewright/core';
import { openEngine } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { losing, nanLoss } from '../../test/faults.js';
import { of } from '../../test/recorded.js';
import { cosineLoss, linearLoss, openCpu, tinyDataset } from '../../test/tiny.js';
import { tinyRun, type TinyOutcome, type TinyRun, type TinyStage } from '../../test/tiny-run.js';
import { adam, loadModelFiles, sgd } from '../index.js';

let engine: Engine;
let root: string;
/** The uninterrupted run that others are compared with. */
let whole: Run;
let leaked: number;
beforeAll(async () => {
  engine = await openCpu();
  root = await mkdtemp(join(tmpdir(), 'facewright-train-'));
  const before = tf.memory().numTensors;
  whole = await run('whole');
  leaked = tf.memory().numTensors - before;
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

interface Run extends TinyOutcome {
  readonly losses: Map<number, number>;
}

const linear = (config: object, optimiser: TinyStage['optimiser'] = adam()): TinyStage => ({ optimiser, config });
const STAGES: readonly TinyStage[] = [
  linear({ rate: 0.02, until: { steps: 8 } }),
  {
    name: 'cosine',
    loss: cosineLoss,
    optimiser: sgd({ weightDecay: 1e-3, groups: { afterGlobal: 1e-2 } }),
    config: { rate: 0.05, warmUp: 3, until: { steps: 7 } },
  },
];

/** 2 stages of 8 and 7 steps in epochs of 6. */
async function run(directory: string, overrides: Partial<TinyRun> = {}, abortAt?: number): Promise<Run> {
  const outcome = await tinyRun({ engine, directory: join(root, directory), stages: STAGES, abortAt, ...overrides });
  const losses = of(outcome.events, 'train.step').map(({ step, loss }) => [step, loss] as const);
  return { ...outcome, losses: new Map(losses) };
}

const checkpointsOf = async (directory: string): Promise<string[]> =>
  (await readdir(join(root, directory, 'checkpoints'))).filter((name) => name !== 'identities.json');
const weights = (directory: string): Promise<Buffer> => readFile(join(root, directory, 'model', 'weights.safetensors'));

test('trains two stages, hands over the head and writes the model', async () => {
  const { events, error, losses } = whole;
  expect(error).toBeUndefined();
  expect(losses.size).toBe(15);
  expect(of(events, 'stage.started').map(({ loss, head, step }) => ({ loss, head, step }))).toEqual([
    { loss: 'linear', head: 'fresh', step: 0 },
    { loss: 'cosine', head: 'adopted', step: 8 },
  ]);
  expect(of(events, 'stage.finished').map(({ loss, steps, endedBecause }) => [loss, steps, endedBecause])).toEqual([
    ['linear', 8, 'steps'],
    ['cosine', 7, 'steps'],
  ]);
  expect(
    of(events, 'train.step')
      .map(({ rate }) => Number(rate.toFixed(6)))
      .slice(6, 12),
  ).toEqual([0.02, 0.02, 0.016667, 0.033333, 0.05, 0.05]);
  expect(of(events, 'train.step').map(({ epoch }) => epoch)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2]);
  expect(of(events, 'train.validation').map(({ step, images }) => [step, images])).toEqual([
    [5, 3],
    [8, 3],
    [10, 3],
    [15, 3],
  ]);
  expect(of(events, 'progress').at(-1)).toMatchObject({ done: 120, total: 120, unit: 'images' });
  expect(await checkpointsOf('whole')).toEqual(['00000012', '00000015']);

  const { card, params, statistics } = await loadModelFiles(join(root, 'whole', 'model'));
  expect(card).toMatchObject({
    model: { name: 'tiny' },
    inputSize: [6, 6],
    embeddingSize: 4,
    alignment: { fingerprint: 'tiny' },
    trained: {
      steps: 15,
      identities: 5,
      batch: 8,
      data: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      stages: [
        { loss: 'linear', rate: 0.02 },
        { loss: 'cosine', warmUp: 3 },
      ],
    },
  });
  expect(Object.keys(params)).toHaveLength(4);
  expect(statistics['stem/mean'].data.every((value) => value !== 0)).toBe(true);
  expect(leaked).toBe(0);
});

test('needs no signal', async () => {
  const outcome = await tinyRun({
    engine,
    directory: join(root, 'no-signal'),
    stages: [{ config: { until: { steps: 1 } } }],
    signal: undefined,
  });
  expect(outcome.error).toBeUndefined();
});

test('learns to tell the people apart', async () => {
  const stages = [linear({ rate: 0.02, until: { epochs: 20 } })];
  const { events } = await run('learns', { stages });
  const steps = of(events, 'train.step');
  expect(steps).toHaveLength(120);
  expect(steps.at(-1)!.loss).toBeLessThan(0.3 * steps[0].loss);
  expect(steps.slice(-6).reduce((sum, { accuracy }) => sum + accuracy / 6, 0)).toBeGreaterThan(0.9);
});

test('the same seed gives the same bytes, another seed does not', async () => {
  await run('again');
  await run('other', { random: createRandom(8) });
  expect((await weights('again')).equals(await weights('whole'))).toBe(true);
  expect((await weights('other')).equals(await weights('whole'))).toBe(false);
});

// mid-epoch, at a checkpoint, at the end of the first stage, just after it, and in the last epoch
test.each([[[3]], [[4]], [[8]], [[9]], [[2, 7, 11, 14]]])(
  'interrupted after steps %j, it resumes to the same losses and bytes',
  async (stops) => {
    const directory = `stopped-${stops.join('-')}`;
    const seen = new Map<number, number>();
    for (const [index, stop] of [...stops, undefined].entries()) {
      const { error, losses, events } = await run(directory, { resume: index > 0 }, stop);
      if (stop === undefined) expect(error).toBeUndefined();
      else {
        expect(error).toBeInstanceOf(Interrupted);
        expect(Math.max(...losses.keys())).toBe(stop);
      }
      if (index > 0) expect(of(events, 'train.started')[0].resumedAt).toBe(stops[index - 1]);
      for (const [step, loss] of losses) {
        expect(seen.has(step)).toBe(false);
        seen.set(step, loss);
      }
    }
    expect([...seen]).toEqual([...whole.losses]);
    expect((await weights(directory)).equals(await weights('whole'))).toBe(true);
  },
);

test('with micro-batches too it resumes to the same losses and bytes, but only with the same micro-batches', async () => {
  const parts = { microBatch: 4 };
  const undisturbed = await run('parts', parts);
  const first = await run('parts-stopped', parts, 6);
  const { events, losses } = await run('parts-stopped', { ...parts, resume: true });
  expect(of(events, 'train.started')[0].resumedAt).toBe(6);
  expect([...first.losses, ...losses]).toEqual([...undisturbed.losses]);
  expect((await weights('parts-stopped')).equals(await weights('parts'))).toBe(true);
  expect((await weights('parts')).equals(await weights('whole'))).toBe(false);
  const { error } = await run('parts', { microBatch: 2, resume: true });
  expect((error as FacewrightError).what).toContain('batch changed');
});

test('with a buffer too it resumes to the same losses and bytes, but only with the same buffer', async () => {
  const buffered = { order: { buffer: 10 }, dataset: { ...tinyDataset(5, 6), fileOf: (index: number) => index >> 3 } };
  const undisturbed = await run('buffered', buffered);
  const first = await run('buffered-stopped', buffered, 6);
  const { losses } = await run('buffered-stopped', { ...buffered, resume: true });
  expect([...first.losses, ...losses]).toEqual([...undisturbed.losses]);
  expect((await weights('buffered-stopped')).equals(await weights('buffered'))).toBe(true);
  expect((await weights('buffered')).equals(await weights('whole'))).toBe(false);
  for (const order of ['random', { buffer: 11 }] as const) {
    const { error } = await run('buffered', { ...buffered, order, resume: true });
    expect((error as FacewrightError).what).toContain('batch changed');
  }
});

test('a kill in the middle of a step costs only the steps since the last checkpoint', async () => {
  const stages = [STAGES[0], { ...STAGES[1], loss: failingAt(cosineLoss, 3) }];
  const { error } = await run('killed', { stages });
  expect(error).toMatchObject({ message: 'power cut' });
  const { events } = await run('killed', { resume: true });
  expect(of(events, 'train.started')[0].resumedAt).toBe(8);
  expect((await weights('killed')).equals(await weights('whole'))).toBe(true);
});

function failingAt(loss: Loss, call: number): Loss {
  let calls = 0;
  return {
    ...loss,
    apply: (...args) => {
      if (++calls === call) throw new Error('power cut');
      return loss.apply(...args);
    },
  };
}

test('a damaged newest checkpoint is skipped with a notice', async () => {
  await run('undamaged', {}, 13);
  for (const [name, damage] of [
    ['truncated', (path: string) => truncate(join(path, 'state.safetensors'), 100)],
    [
      'flipped',
      async (path: string) => {
        const bytes = await readFile(join(path, 'state.safetensors'));
        bytes[bytes.length - 5] ^= 1;
        await writeFile(join(path, 'state.safetensors'), bytes);
      },
    ],
    [
      'edited',
      async (path: string) => {
        const text = await readFile(join(path, 'state.json'), 'utf8');
        await writeFile(join(path, 'state.json'), text.replace('"stage": 1', '"stage": 0'));
      },
    ],
    ['headless', (path: string) => rm(join(path, 'state.json'))],
  ] as const) {
    const directory = `damaged-${name}`;
    await cp(join(root, 'undamaged'), join(root, directory), { recursive: true });
    await damage(join(root, directory, 'checkpoints', '00000013'));
    const { events, error } = await run(directory, { resume: true });
    expect(error).toBeUndefined();
    expect(of(events, 'notice')[0]).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('00000013, which is damaged'),
    });
    expect(of(events, 'train.started')[0].resumedAt).toBe(12);
    expect((await weights(directory)).equals(await weights('whole'))).toBe(true);
  }
});

test('damaged checkpoints do not displace intact ones', async () => {
  const checkpoint = { everySteps: 4, keep: 1 };
  await run('crowded', { checkpoint: { everySteps: 4, keep: 2 } }, 13);
  await truncate(join(root, 'crowded', 'checkpoints', '00000013', 'state.safetensors'), 0);
  await run('crowded', { checkpoint: { ...checkpoint, everySteps: 100 }, resume: true }, 14);
  expect(await checkpointsOf('crowded')).toEqual(['00000012', '00000014']); // 12 is the return point of 14
});

test('a checkpoint of another training is rejected, and the error says what differs', async () => {
  await run('mine', {}, 5);
  const expectRefused = async (overrides: Partial<TinyRun>, difference: string): Promise<void> => {
    const { error } = await run('mine', { ...overrides, resume: true });
    expect(error).toBeInstanceOf(FacewrightError);
    expect((error as FacewrightError).what).toBe(`The checkpoint is from a different training: ${difference} changed.`);
  };
  await expectRefused({ batch: 9 }, 'batch');
  await expectRefused({ dataset: tinyDataset(5, 7) }, 'dataset');
  await expectRefused({ exclude: ['person 2'] }, 'people');
  await expectRefused({ random: createRandom(8) }, 'seed');
  await expectRefused({ modelReference: { name: 'tiny', options: { width: 2 } } }, 'model');
  const [first, second] = STAGES;
  await expectRefused({ stages: [{ ...first, config: { ...first.config, rate: 0.03 } }, second] }, 'stages');
});

test('a new training does not overwrite an old one', async () => {
  await run('kept', {}, 5);
  const { error } = await run('kept');
  expect((error as FacewrightError).what).toBe('This directory already holds a training, at step 5.');
});

test('stops at a NaN loss and keeps the last good checkpoint', async () => {
  const loss = nanLoss(linearLoss, (call) => call === 7); // the sixth call is the validation's
  const { error, events } = await run('infected', {
    stages: [{ ...STAGES[0], loss }],
  });
  const { what } = error as FacewrightError;
  expect(what).toContain(
    'Training went wrong at step 6: the loss is NaN. The stage uses linear, at learning rate 0.02.',
  );
  expect(what).toContain('First bad tensor: the logits of the loss "linear"');
  expect((error as FacewrightError).todo).toContain('The checkpoint at step 4 is good.');
  expect(of(events, 'train.step')).toHaveLength(5);
  expect(await checkpointsOf('infected')).toEqual(['00000004']);
});

test('the plateau rule ends a stage that does not learn, and reports what it saw', async () => {
  const until = { epochs: 1000, plateau: { window: 12, minimumGain: 0.05, patience: 2 } };
  const stages = [linear({ rate: 1e-9, until }, sgd())];
  const { events } = await run('plateau', { stages });
  const [finished] = of(events, 'stage.finished');
  expect(finished).toMatchObject({
    steps: 36,
    endedBecause: 'plateau',
    evidence: { window: 12, patience: 2, minimumGain: 0.05 },
  });
  const losses = of(events, 'train.step').map(({ loss }) => loss);
  const means = [0, 1, 2].map((window) =>
    losses.slice(window * 12, window * 12 + 12).reduce((sum, loss) => sum + loss / 12, 0),
  );
  (finished.evidence.means as number[]).forEach((mean, index) => expect(mean).toBeCloseTo(means[index], 10));
  expect(of(events, 'notice').map(({ message }) => message)).toEqual([
    expect.stringContaining('1 of 2 times in a row'),
    expect.stringContaining('Ending this stage.'),
  ]);
});

test('if there are fewer images than a batch, each step takes all of them, with a notice', async () => {
  const { events, error } = await run('few', { batch: 1000 });
  expect(error).toBeUndefined();
  expect(of(events, 'notice')[0].message).toContain('There are only 54 images');
  expect(of(events, 'progress').at(-1)).toMatchObject({ done: 15 * 54 });
});

test('one person is too few, and a stage without an end is rejected', async () => {
  const { error } = await run('alone', { exclude: ['person 0', 'person 1', 'person 2', 'person 3'] });
  expect((error as FacewrightError).what).toContain('at least two people');
  const endless = await run('endless', { stages: [linear({ until: {} })] });
  expect((endless.error as FacewrightError).what).toBe('Stage 1 (linear) would never end.');
});

test('on wasm too it resumes to the same bytes', async () => {
  const wasmEngine = await openEngine(wasm());
  await run('wasm-whole', { engine: wasmEngine });
  await run('wasm-stopped', { engine: wasmEngine }, 5);
  await run('wasm-stopped', { engine: wasmEngine, resume: true }, 9);
  await run('wasm-stopped', { engine: wasmEngine, resume: true });
  expect((await weights('wasm-stopped')).equals(await weights('wasm-whole'))).toBe(true);
  await wasmEngine.dispose();
});

test('an abort signal from outside is noticed between steps', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 30);
  const stages = [linear({ until: { steps: 100_000 } })];
  const { error } = await run('outside', { stages, signal: abort.signal });
  expect(error).toBeInstanceOf(Interrupted);
});

test('losing the device and getting it back changes no byte', async () => {
  const { error, events } = await run('lost', { engine: losing(engine, [3, 9, 14]) });
  expect(error).toBeUndefined();
  expect(
    of(events, 'notice')
      .filter(({ message }) => message.includes('unplugged'))
      .map(({ message }) => message),
  ).toEqual([
    "The test's GPU was lost: unplugged. It is back; continuing from step 0.",
    "The test's GPU was lost: unplugged. It is back; continuing from step 4.",
    "The test's GPU was lost: unplugged. It is back; continuing from step 8.",
  ]);
  expect(await weights('lost')).toEqual(await weights('whole'));
});

test('a device lost repeatedly, or for good, ends the run with intact checkpoints', async () => {
  const { error } = await run('lost again', { engine: losing(engine, [6, 7, 8, 9]) });
  expect(error).toBeInstanceOf(DeviceLost);
  expect(await checkpointsOf('lost again')).toEqual(['00000004']);
  const { recover: _, ...gone } = losing(engine, [6]);
  const once = await run('lost for good', { engine: gone });
  expect(once.error).toBeInstanceOf(DeviceLost);
  expect((await run('lost for good', { resume: true })).error).toBeUndefined();
  expect(await weights('lost for good')).toEqual(await weights('whole'));
});
