/** What surrounds the stages of a training: its lock, what the ranks are told, what is closed, and what it writes and returns. */
import { Interrupted, type Cluster, type Engine } from '@facewright/core';
import { localClusters } from '@facewright/testkit';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCpu, tinyDataset } from '../test/tiny.js';
import { tinyRun, type TinyRun } from '../test/tiny-run.js';
import { loadModelFiles } from './index.js';

let engine: Engine;
let root: string;
beforeAll(async () => {
  engine = await openCpu();
  root = await mkdtemp(join(tmpdir(), 'facewright-training-'));
});
afterAll(() => rm(root, { recursive: true }));

const stages = [{ config: { until: { steps: 2 } } }];
const run = (directory: string, more: Partial<TinyRun> = {}) =>
  tinyRun({ engine, directory: join(root, directory), stages, ...more });
const cardOf = async (directory: string) => (await loadModelFiles(join(root, directory, 'model'))).card;

test('only one training at a time writes in a directory; its lock is beside its checkpoints', async () => {
  const lock = join(root, 'twice', 'checkpoints', '.facewright.lock');
  let locked = false;
  const dataset = tinyDataset(5, 6);
  const looking = { ...dataset, read: (index: number) => ((locked ||= existsSync(lock)), dataset.read(index)) };
  const both = await Promise.all([run('twice', { dataset: looking }), run('twice')]);
  expect(both.map(({ error }) => (error as Error | undefined)?.name)).toEqual([undefined, 'FacewrightError']);
  expect((both[1].error as Error).message).toContain(join('twice', 'checkpoints'));
  expect([locked, existsSync(lock)]).toEqual([true, false]);
  expect((await run('twice', { resume: true })).error).toBeUndefined();
});

test('it returns where the model is, how many steps were made, and the rate', async () => {
  const { result, error } = await run('returned');
  expect(error).toBeUndefined();
  expect(result).toEqual({
    modelDirectory: join(root, 'returned', 'model'),
    steps: 2,
    imagesPerSecond: expect.any(Number) as number,
  });
  expect(result!.imagesPerSecond).toBeGreaterThan(0);
});

test('the card tells the licences where there are any, and by a digest which data of which people', async () => {
  const licences = { data: 'CC0-1.0' };
  for (const [directory, more] of [
    ['plain', {}],
    ['again', { licences }],
    ['fewer', { exclude: ['person 1'] }],
    ['larger', { dataset: tinyDataset(5, 7) }],
  ] as const)
    expect((await run(directory, more)).error).toBeUndefined();
  const [plain, again, fewer, larger] = await Promise.all(['plain', 'again', 'fewer', 'larger'].map(cardOf));
  expect([plain.licences, again.licences]).toEqual([undefined, licences]);
  expect('licences' in plain).toBe(false);
  expect(again.trained!.data).toBe(plain.trained!.data);
  expect(new Set([plain, fewer, larger].map((card) => card.trained!.data)).size).toBe(3);
});

/** A cluster of one whose calls to abort are noted. */
function noting(): { cluster: Cluster; told: string[] } {
  const told: string[] = [];
  const [single] = localClusters(1);
  return { cluster: { ...single, abort: async (reason) => void told.push(reason) }, told };
}

test('an error is told to the other ranks, but not an interruption, which all of them notice at the same step', async () => {
  const failed = noting();
  const emit = (): never => {
    throw new Error('the disk is full');
  };
  expect((await run('failed', { cluster: failed.cluster, emit })).error).toMatchObject({ message: 'the disk is full' });
  expect(failed.told).toEqual(['the disk is full']);
  const stopped = noting();
  const { error } = await run('stopped', { cluster: stopped.cluster, abortAt: 1 });
  expect(error).toBeInstanceOf(Interrupted);
  expect(stopped.told).toEqual([]);
  const finished = noting();
  expect((await run('finished', { cluster: finished.cluster })).error).toBeUndefined();
  expect(finished.told).toEqual([]);
});

test('only rank 0 writes the model, and all return where it is', async () => {
  const directory = join(root, 'ranks');
  const outcomes = await Promise.all(
    localClusters(2).map(async (cluster) => {
      const outcome = await run('ranks', { cluster: { ...cluster, ordered: true } });
      return { ...outcome, there: existsSync(join(directory, 'model', 'model.json')) };
    }),
  );
  expect(outcomes.map(({ error, result, there }) => [error, result?.modelDirectory, there])).toEqual([
    [undefined, join(directory, 'model'), true],
    [undefined, join(directory, 'model'), true],
  ]);
});

test('ranks that differ are told what to do', async () => {
  const outcomes = await Promise.all(
    localClusters(2).map((cluster) => run('differ', { cluster, flip: cluster.rank === 0 })),
  );
  for (const { error } of outcomes)
    expect(error).toMatchObject({
      what: 'Rank 1 has another config or other data than rank 0.',
      todo: 'Start all processes with the same command, and see that all hosts have the same files.',
    });
});

test('no image is still being read when it has ended, however it ends', async () => {
  const dataset = tinyDataset(5, 6);
  let reading = 0;
  const slow = {
    ...dataset,
    async read(index: number) {
      reading++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      const image = await dataset.read(index);
      reading--;
      return image;
    },
  };
  let most = 0;
  const { error } = await run('slow', {
    dataset: slow,
    emit: (type) => {
      if (type !== 'train.step') return;
      most = reading;
      throw new Error('stop');
    },
  });
  expect(error).toMatchObject({ message: 'stop' });
  expect(most).toBeGreaterThan(0);
  expect(reading).toBe(0);
});
