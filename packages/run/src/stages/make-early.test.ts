/** A mistake in any part of a run is found when the run is created: before photos are prepared, and before anything is deleted. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@facewright/backend-cpu';
import {
  definePlugin,
  PLUGIN_KINDS,
  singleCluster,
  type PluginContext,
  type PluginFactory,
  type PluginKind,
  type RunConfigInput,
  type RunEvent,
} from '@facewright/core';
import { saveModel } from '@facewright/training';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createRun } from '../create-run.js';

const nothing = () => undefined;
const tensors = { params: { 'stem/kernel': { shape: [1], dtype: 'float32', data: new Float32Array(1) } } };
const MADE: Readonly<Record<PluginKind, object>> = {
  reader: { async *identities() {} },
  detector: { detect: nothing },
  aligner: { fingerprint: 'upright', size: 8, align: nothing },
  augmenter: { augment: nothing },
  model: { inputSize: [8, 8], embeddingSize: 2, init: () => ({ ...tensors, statistics: {} }), apply: nothing },
  loss: { init: nothing, apply: nothing },
  optimiser: { init: nothing, update: nothing },
  criterion: { begin: nothing, observe: nothing, verdict: nothing },
  backend: {},
  logger: { open: () => ({ reader: nothing, close: nothing }) },
  cluster: { probe: async () => ({ usable: true }), open: async () => singleCluster() },
};
const part = (kind: PluginKind, name: string, create: (context: PluginContext) => object = () => MADE[kind]) =>
  definePlugin({
    meta: { name, kind, version: '1.0.0', apiVersion: 1 },
    options: z.strictObject({ path: z.string().optional() }),
    create: (_, context) => create(context) as never,
  }) as unknown as PluginFactory;

const sound = PLUGIN_KINDS.filter((kind) => kind !== 'backend').map((kind) => part(kind, 'sound'));
const broken = PLUGIN_KINDS.map((kind) => part(kind, 'broken', () => ({})));
const CONFIG = {
  data: 'photos',
  out: 'out',
  reader: 'sound',
  detector: 'sound',
  aligner: 'sound',
  model: 'sound',
  backend: 'cpu',
  cluster: 'sound',
  loggers: ['sound'],
  tiers: [
    { name: 'many', above: 9 },
    { name: 'all', above: 0, augment: ['sound'] },
  ],
  stages: [
    { loss: 'sound', optimiser: 'sound', until: { steps: 9 } },
    { loss: 'sound', optimiser: 'sound', until: { any: ['sound'] } },
  ],
} satisfies RunConfigInput;
const [first, second] = CONFIG.stages;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'facewright early '));
  for (const name of ['a', 'b']) await mkdir(join(root, 'photos', name), { recursive: true });
  for (const name of ['a', 'b']) await writeFile(join(root, 'photos', name, '1.jpg'), 'a photo');
});
afterEach(() => rm(root, { recursive: true }));

async function create(config: RunConfigInput, ...more: PluginFactory[]): Promise<void> {
  const plugins = [...sound, ...broken, ...more, cpu as unknown as PluginFactory];
  const run = await createRun({
    builtins: [{ name: 'test', plugins }],
    config: { ...CONFIG, ...config },
    baseDirectory: root,
    force: true,
  });
  run.release();
}

test('a run of sound parts is created', () => create({}));

test.each<[PluginKind, RunConfigInput]>([
  ['reader', { reader: 'broken' }],
  ['aligner', { aligner: 'broken' }],
  ['augmenter', { tiers: [CONFIG.tiers[0], { ...CONFIG.tiers[1], augment: ['sound', 'broken'] }] }],
  ['model', { model: 'broken' }],
  ['loss', { stages: [first, { ...second, loss: 'broken' }] }],
  ['optimiser', { stages: [first, { ...second, optimiser: 'broken' }] }],
  ['criterion', { stages: [first, { ...second, until: { any: ['sound', 'broken'] } }] }],
  ['backend', { backend: 'broken' }],
  ['logger', { loggers: ['sound', 'broken'] }],
  ['cluster', { cluster: 'broken' }],
])('a %s without its methods is an error before an earlier run is deleted', async (kind, config) => {
  await mkdir(join(root, 'out'));
  await writeFile(join(root, 'out', 'report.html'), 'earlier');
  await expect(create(config)).rejects.toThrow(new RegExp(`The ${kind} "broken"[^]* returned an? ${kind} without "`));
  expect(existsSync(join(root, 'out', 'report.html'))).toBe(true);
  expect(existsSync(join(root, 'out', 'run.json'))).toBe(false);
});

test('the detector is created with the first photo that needs it: its weights are fetched only then', () =>
  create({ detector: 'broken' }));

test('what is thrown while a part is created names the plugin', async () => {
  const throws = part('loss', 'throws', () => {
    throw new TypeError('x is undefined');
  });
  const stages = [first, { ...second, loss: 'throws' }];
  await expect(create({ stages }, throws)).rejects.toThrow(/The loss "throws"[^]* failed: x is undefined/);
});

test.each<[string, RunConfigInput, RegExp]>([
  ['would never end', { stages: [first, { ...second, until: {} }] }, /Stage 2 \(sound\) would never end/],
  [
    'freezes what the model lacks',
    { stages: [first, { ...second, freeze: { parameters: ['steem'] } }] },
    /"steem" matches no parameter[^]*model, head, stem/,
  ],
])('a stage that %s is found too', (_, config, message) => expect(create(config)).rejects.toThrow(message));

const MODEL = { name: 'sound', options: {} };
test.each<[string, { model?: object; fingerprint?: string }, RunConfigInput, RegExp | undefined]>([
  ['the same model', {}, {}, undefined],
  [
    'another model than the config names',
    {},
    { model: 'other' },
    /The config's model "other" differs from that of the starting weights/,
  ],
  [
    'other options than the config has',
    { model: { name: 'sound', options: { path: 'x' } } },
    {},
    /The config's model "sound" differs from that of the starting weights/,
  ],
  [
    'another alignment than the photos will have',
    { fingerprint: 'askew' },
    {},
    /The images are aligned as "upright", but the model was trained on "askew"/,
  ],
])('starting weights of %s', async (_, { model = MODEL, fingerprint = 'upright' }, config, message) => {
  await saveModel(join(root, 'weights'), {
    card: {
      format: 1,
      model: model as typeof MODEL,
      inputSize: [8, 8],
      embeddingSize: 2,
      alignment: { fingerprint, size: 8 },
    } as Parameters<typeof saveModel>[1]['card'],
    params: {},
    statistics: {},
  });
  const created = create({ from: 'weights', ...config }, part('model', 'other'));
  await (message ? expect(created).rejects.toThrow(message) : created);
});

test('what a part tells while it is created is kept for the log of the run', async () => {
  const tells = part('loss', 'tells', ({ emit }) => {
    emit('notice', { level: 'info', message: 'weights of classes read' });
    return MADE.loss;
  });
  const events: RunEvent[] = [];
  const run = await createRun({
    builtins: [{ name: 'test', plugins: [...sound, tells, cpu as unknown as PluginFactory] }],
    config: { ...CONFIG, stages: [{ ...first, loss: 'tells' }] },
    baseDirectory: root,
    onEvent: (event) => events.push(event),
  });
  expect(events).toMatchObject([{ message: 'weights of classes read' }]);
  await expect(run.start()).rejects.toThrow('There are no photos of people here');
  const log = await readFile(join(root, 'out', 'events.jsonl'), 'utf8');
  expect(log.split('\n').slice(0, 2)).toEqual([
    expect.stringContaining('"run.started"'),
    expect.stringContaining('weights of classes read'),
  ]);
});
