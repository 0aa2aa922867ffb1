import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definePlugin, Interrupted, MODEL, type Loss, type RunConfigInput, type RunEvent } from '@facewright/core';
import { generateSample } from '@facewright/datasets';
import { MtcnnUnavailable } from '@facewright/preprocess';
import { historyOf, readEventLog, recipesOf } from '@facewright/report';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { arcFace, createRun, mobileFaceNet, softmax, wasm } from './index.js';

const TINY: RunConfigInput = {
  tiers: [{ name: 'all', above: 0 }],
  model: { name: 'mobilefacenet', inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [[1, 64, 1, 2]] },
  batch: 8,
  stages: [
    { loss: 'softmax', until: { steps: 2 } },
    { loss: 'arcface', until: { steps: 1 } },
  ],
  validation: { minimum: 2 },
  heldOut: { identities: 2, pairs: 20 },
};

const SMALL_NET = { inputSize: 24, width: 0.125, embeddingSize: 4, bottlenecks: [] };

/** ArcFace under a different name, like one from another package. */
const quick = definePlugin({
  meta: { name: 'quick', kind: 'loss', version: '3.2.1', apiVersion: 1 },
  options: z.strictObject({ m: z.number(), s: z.number().default(16) }),
  create: (options, context) => arcFace(options).create(context),
});

/** A detector whose weights are not available. */
const unavailable = definePlugin({
  meta: { name: 'mtcnn', kind: 'detector', version: '0.0.0', apiVersion: 1 },
  options: z.strictObject({}),
  create: () => Promise.reject(new MtcnnUnavailable(['cache: not there', 'download: no network'])),
});

let directory: string;
let data: string;
let list: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fw-run-'));
  ({ directory: data, list } = await generateSample({ directory: join(directory, 'people'), people: 5, photos: 5 }));
});

describe('createRun', () => {
  test('composes parts given in code, runs them and emits their events', async () => {
    const events: RunEvent[] = [];
    const calls: string[] = [];
    const watched = definePlugin({
      meta: { name: 'arcface', kind: 'loss', version: '0.0.0', apiVersion: 1 },
      options: z.strictObject({}),
      create: async (_, context): Promise<Loss> => {
        const loss = await arcFace({ s: 16 }).create(context);
        return { ...loss, apply: (...args) => (calls.push('apply'), loss.apply(...args)) };
      },
    });
    const run = await createRun({
      config: { ...TINY, model: undefined, data: list, out: 'composed' },
      plugins: [mobileFaceNet(SMALL_NET), softmax(), watched(), wasm()],
      baseDirectory: directory,
      onEvent: (event) => events.push(event),
    });
    expect(run.directory).toBe(join(directory, 'composed'));
    expect((await run.container.resolve(MODEL)).inputSize).toEqual([24, 24]);
    const result = await run.start();
    expect(result.metrics.stages.map(({ loss, steps }) => [loss, steps])).toEqual([
      ['softmax', 2],
      ['arcface', 1],
    ]);
    expect(calls.length).toBeGreaterThan(0);
    expect(JSON.parse(await readFile(join(result.model, 'model.json'), 'utf8'))).toMatchObject({
      embeddingSize: 4,
      inputSize: [24, 24],
    });
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['run.started', 'prepare.finished', 'train.step', 'evaluate.finished', 'run.finished']),
    );
  });

  test('what was composed is recorded, compared and resumed, whether it came from code or config', async () => {
    const start = async (out: string, options: { m: number; s?: number }, resume = false) => {
      const run = await createRun({
        config: { ...TINY, model: undefined, stages: [{ loss: 'quick', until: { steps: 1 } }], data: list, out },
        plugins: [mobileFaceNet(SMALL_NET), quick(options), wasm()],
        baseDirectory: directory,
        resume,
      });
      return (await run.start()).directory;
    };
    const [one, other] = [await start('truth-1', { m: 0.1 }), await start('truth-2', { m: 0.4 })];
    const record = JSON.parse(await readFile(join(one, 'run.json'), 'utf8'));
    expect(record.config).toMatchObject({
      model: { name: 'mobilefacenet', width: 0.125, embeddingSize: 4 },
      backend: { name: 'wasm' },
      stages: [{ loss: { name: 'quick', m: 0.1, s: 16 }, optimiser: { name: 'adam', beta1: 0.9 } }],
    });
    expect(record.parts).toContainEqual(
      expect.objectContaining({ use: 'model', version: '0.1.0', package: '@facewright/models' }),
    );
    const card = JSON.parse(await readFile(join(one, 'model', 'model.json'), 'utf8'));
    expect(card.trained.stages[0].loss).toEqual({ name: 'quick', m: 0.1, s: 16 });
    const runs = await Promise.all(
      [one, other].map(async (path) => ({
        name: path,
        history: historyOf(await readEventLog(join(path, 'events.jsonl'))),
      })),
    );
    expect(
      recipesOf(runs)
        .flatMap(({ differs }) => differs)
        .sort(),
    ).toEqual(['stages.0.loss.m 0.1', 'stages.0.loss.m 0.4']);
    await expect(start('truth-1', { m: 0.9, s: 8 }, true)).rejects.toThrow(
      /different options:[^]*stages\.0\.loss\.m: 0\.1 then, 0\.9 now[^]*stages\.0\.loss\.s: 16 then, 8 now/,
    );
  });

  test('a loss that throws is named, with the line of its mistake', async () => {
    const broken = definePlugin({
      meta: { name: 'broken', kind: 'loss', version: '1.0.0', apiVersion: 1 },
      options: z.strictObject({}),
      create: async (_, context): Promise<Loss> => ({
        ...(await softmax().create(context)),
        apply: () => (undefined as never as { x: never }).x,
      }),
    });
    const run = await createRun({
      config: { ...TINY, stages: [{ loss: 'broken', until: { steps: 1 } }], data: list, out: 'broken' },
      plugins: [broken()],
      baseDirectory: directory,
    });
    await expect(run.start()).rejects.toThrow(
      /The loss "broken" failed: Cannot read properties of undefined[^]*where: at [^]*create-run\.slow\.test/,
    );
  });

  test('losses given in code make the stages if the config has none', async () => {
    const { stages: _, ...rest } = TINY;
    const { config } = await createRun({
      config: { ...rest, data: list, out: 'stages' },
      plugins: [softmax(), arcFace({ m: 0.3 })],
      baseDirectory: directory,
    });
    expect(config.stages).toMatchObject([{ loss: { name: 'softmax' } }, { loss: { name: 'arcface', m: 0.3 } }]);
  });

  test('mistakes of the original project: photos are counted again after alignment: people with too few are not trained on', async () => {
    // removes all but two photos of one person
    const lines = (await readFile(list, 'utf8')).trim().split('\n');
    const labelOf = (line: string): string => line.split(' ')[1];
    const own = lines.filter((line) => labelOf(line) === labelOf(lines[0]));
    await writeFile(join(data, 'few.txt'), lines.filter((line) => !own.slice(2).includes(line)).join('\n'));
    const events: RunEvent[] = [];
    const run = await createRun({
      config: {
        ...TINY,
        data: join(data, 'few.txt'),
        out: 'recounted',
        backend: 'cpu',
        leastPhotos: 3,
        heldOut: { identities: 0 },
      },
      baseDirectory: directory,
      onEvent: (event) => events.push(event),
    });
    await run.start();
    expect(events.find(({ type }) => type === 'train.started')).toMatchObject({ identities: 4 });
    expect(events.filter(({ type }) => type === 'notice')).toContainEqual(
      expect.objectContaining({ message: 'People with fewer than 3 aligned photos are not trained on: 1.' }),
    );
  });

  test('too few people to hold any out: no verification, and a message says so', async () => {
    const events: RunEvent[] = [];
    const few = await generateSample({ directory: join(directory, 'few'), people: 3, photos: 4 });
    const run = await createRun({
      config: { ...TINY, data: few.list, out: 'few-run' },
      baseDirectory: directory,
      onEvent: (event) => events.push(event),
    });
    expect((await run.start()).metrics.verification).toBeNull();
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'notice', message: expect.stringContaining('too few to hold two out') }),
    );
  });

  test('two runs in one process do not interfere', async () => {
    const start = async (out: string, seed: number): Promise<string> => {
      const run = await createRun({ config: { ...TINY, seed, data: list, out }, baseDirectory: directory });
      const { model } = await run.start();
      return (JSON.parse(await readFile(join(model, 'model.json'), 'utf8')) as { weights: { sha256: string } }).weights
        .sha256;
    };
    const [a, b] = await Promise.all([start('twin-a', 3), start('twin-b', 4)]);
    expect(await start('alone', 3)).toBe(a);
    expect(a).not.toBe(b);
  });

  test('an aborted signal ends it with Interrupted', async () => {
    const abort = new AbortController();
    const run = await createRun({
      config: { ...TINY, data: list, out: 'aborted' },
      baseDirectory: directory,
      signal: abort.signal,
      onEvent: ({ type }) => type === 'train.step' && abort.abort(),
    });
    await expect(run.start()).rejects.toThrow(Interrupted);
  });

  test('without MTCNN, photos are an error with advice, and the sample falls back on its landmarks', async () => {
    const run = await createRun({
      config: { ...TINY, data, out: 'no-detector' },
      plugins: [unavailable()],
      baseDirectory: directory,
    });
    await expect(run.start()).rejects.toThrow(/Could not get the MTCNN weights[\s\S]*weights: "<path>"/);

    const events: RunEvent[] = [];
    const sample = await createRun({
      config: { ...TINY, out: 'sample-run' },
      sample: { people: [{ people: 5, photos: 5 }] },
      plugins: [unavailable()],
      baseDirectory: directory,
      onEvent: (event) => events.push(event),
    });
    expect((await sample.start()).metrics.preparation).toMatchObject({ photos: 25, kept: 25 });
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'notice',
        level: 'warning',
        message: expect.stringMatching(/Could not get the MTCNN weights.*Using the data's own landmarks instead/),
      }),
    );
  });
});
