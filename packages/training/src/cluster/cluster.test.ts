/** Several ranks in one process: the bits of one process with micro-batches, whatever the number of ranks, and clear ends. */
import { Interrupted, type Cluster, type Engine, type FacewrightError, type HostTensors } from '@facewright/core';
import { localClusters } from '@facewright/testkit';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nanLoss } from '../../test/faults.js';
import { of } from '../../test/recorded.js';
import { cosineLoss, linearLoss, openCpu, tinyDataset } from '../../test/tiny.js';
import { tinyRun, type TinyOutcome, type TinyRun, type TinyStage } from '../../test/tiny-run.js';
import { adam, batchParts, sgd } from '../index.js';
import { requireSameState } from './agree.js';
import { ownPlaces } from './share.js';

let engine: Engine;
let root: string;
beforeAll(async () => {
  engine = await openCpu();
  root = await mkdtemp(join(tmpdir(), 'facewright-cluster-'));
});
afterAll(async () => rm(root, { recursive: true }));

const STAGES: readonly TinyStage[] = [
  { optimiser: adam(), config: { rate: 0.02, clipNorm: 0.5, until: { steps: 5 } } },
  {
    name: 'cosine',
    loss: cosineLoss,
    optimiser: sgd({ weightDecay: 1e-3 }),
    config: { rate: 0.05, freeze: { parameters: ['stem'], steps: 2 }, until: { steps: 4 } },
  },
];

/** All ranks of a run; `perRank` may differ. */
function ranksOf(
  directory: string,
  size: number,
  overrides: Partial<TinyRun> = {},
  perRank: (rank: number) => Partial<TinyRun> = () => ({}),
): Promise<TinyOutcome[]> {
  const stages = overrides.stages ?? STAGES;
  return Promise.all(
    localClusters(size).map((cluster) =>
      tinyRun({
        engine,
        directory: join(root, directory),
        stages,
        cluster: { ...cluster, ordered: true },
        ...overrides,
        ...perRank(cluster.rank),
      }),
    ),
  );
}
const weights = (directory: string): Promise<Buffer> => readFile(join(root, directory, 'model', 'weights.safetensors'));
const lossesOf = ({ events }: TinyOutcome): (readonly [number, number])[] =>
  of(events, 'train.step').map(({ step, loss }) => [step, loss] as const);
const clean = (outcomes: readonly TinyOutcome[]): void =>
  expect(outcomes.map(({ error }) => error)).toEqual(outcomes.map(() => undefined));

test('ranks give the bits of one process with micro-batches, in any number', async () => {
  const one = await ranksOf('one', 1, { microBatch: 2 });
  clean(one);
  expect(lossesOf(one[0])).toHaveLength(9);
  for (const size of [2, 4]) {
    const ranks = await ranksOf(`of-${size}`, size, { microBatch: 2 });
    clean(ranks);
    for (const rank of ranks) expect(lossesOf(rank)).toEqual(lossesOf(one[0]));
    for (const type of ['train.step', 'train.validation'] as const)
      expect(of(ranks[0].events, type).map(figures)).toEqual(of(one[0].events, type).map(figures));
    expect((await weights(`of-${size}`)).equals(await weights('one'))).toBe(true);
  }
  // without micro-batches a part is a rank's share
  clean(await ranksOf('of-4-shares', 4));
  expect((await weights('of-4-shares')).equals(await weights('one'))).toBe(true);
});

const figures = ({ loss, accuracy }: { loss: number; accuracy: number }): number[] => [loss, accuracy];

test('sums in any order give the same within rounding', async () => {
  const ranks = await ranksOf('any-order', 2, { microBatch: 2 }, () => ({}));
  const unordered = await Promise.all(
    localClusters(2).map((cluster) =>
      tinyRun({ engine, directory: join(root, 'unordered'), stages: STAGES, microBatch: 2, cluster }),
    ),
  );
  clean(unordered);
  lossesOf(unordered[0]).forEach(([step, loss], index) => {
    expect(step).toBe(index + 1);
    expect(loss).toBeCloseTo(lossesOf(ranks[0])[index][1], 3);
  });
});

test('a head that is trained on a sample of its people gives the same bits too', async () => {
  const loss = { ...cosineLoss, sampled: { rate: 0.5, perClass: ['kernel'] } };
  const run = { stages: [{ ...STAGES[1], loss }], dataset: tinyDataset(20, 6), microBatch: 2 };
  clean(await ranksOf('sampled', 1, run));
  clean(await ranksOf('sampled-of-2', 2, run));
  expect((await weights('sampled-of-2')).equals(await weights('sampled'))).toBe(true);
});

test('it resumes with another number of ranks, to the same bits', async () => {
  const run = { microBatch: 2 };
  const stopped = await ranksOf('resumed', 2, run, (rank) => (rank === 1 ? { abortAt: 3 } : {}));
  for (const { error } of stopped) expect(error).toBeInstanceOf(Interrupted);
  const again = await ranksOf('resumed', 4, { ...run, resume: true }, (rank) => (rank === 0 ? { abortAt: 7 } : {}));
  for (const { error } of again) expect(error).toBeInstanceOf(Interrupted);
  const last = await ranksOf('resumed', 1, { ...run, resume: true });
  clean(last);
  expect([stopped, again, last].map(([{ events }]) => of(events, 'train.started')[0].resumedAt)).toEqual([
    undefined,
    3,
    7,
  ]);
  expect((await weights('resumed')).equals(await weights('one'))).toBe(true);
});

test('a loss of NaN sends all ranks back to the same step', async () => {
  const stages = (): TinyStage[] => [{ ...STAGES[0], loss: nanLoss(linearLoss, (call) => call === 3) }];
  const guard = { retries: 2, rateFactor: 0.5, chanceAfter: 500 };
  const ranks = await ranksOf('setback', 2, { guard }, () => ({ stages: stages() }));
  clean(ranks);
  for (const { events } of ranks) expect(of(events, 'train.setback').map(({ backTo }) => backTo)).toEqual([0]);
});

test('an error on one rank ends the others with its reason', async () => {
  const emit = (): never => {
    throw new Error('the disk is full');
  };
  const [first, second] = await ranksOf('failed', 2, {}, (rank) => (rank === 1 ? { emit } : {}));
  expect((second.error as Error).message).toBe('the disk is full');
  expect((first.error as Error).message).toMatch(/rank 1 failed: the disk is full/);
});

test('ranks with another config or other weights are found out', async () => {
  const ranks = await ranksOf('other', 2, {}, (rank) => ({ flip: rank === 0 }));
  for (const { error } of ranks)
    expect((error as FacewrightError).what).toBe('Rank 1 has another config or other data than rank 0.');
  const state = (value: number): HostTensors => ({
    kernel: { shape: [1], dtype: 'float32', data: Float32Array.of(value) },
  });
  const check = (values: number[]): Promise<unknown> =>
    Promise.allSettled(
      localClusters(values.length).map((cluster) => requireSameState(cluster, state(values[cluster.rank]), 7)),
    );
  expect(await check([1, 1, 1 + 2 ** -23])).toMatchObject(
    [1, 2, 3].map(() => ({ status: 'rejected', reason: { what: 'Rank 2 has other weights at step 7 than rank 0.' } })),
  );
  expect(await check([1, 1, 1])).toMatchObject([1, 2, 3].map(() => ({ status: 'fulfilled' })));
});

test('a batch is divided into parts for all ranks', () => {
  const places = (rank: number, size: number): number[] => ownPlaces({ size: 8, parts: 4 }, { rank, size } as Cluster);
  expect(places(0, 2)).toEqual([0, 1, 4, 5]);
  expect(places(1, 2)).toEqual([2, 3, 6, 7]);
  expect(places(3, 4)).toEqual([6, 7]);
  expect(batchParts(64, undefined, 1000, 4)).toEqual({ size: 64, parts: 4 });
  expect(batchParts(64, 8, 1000, 4)).toEqual({ size: 64, parts: 8 });
  expect(batchParts(64, 32, 1000, 4)).toEqual({ size: 64, parts: 4 });
  expect(batchParts(64, 8, 60, 2)).toEqual({ size: 48, parts: 6 });
  expect(() => batchParts(64, undefined, 1000, 3)).toThrow(/cannot be divided among 3 processes[\s\S]*e\.g\. 63/);
  expect(() => batchParts(48, 8, 1000, 4)).toThrow(/takes 12 images[\s\S]*parts of 8[\s\S]*divisor of 12/);
  expect(() => batchParts(64, undefined, 30, 2)).toThrow(/only 30 images[\s\S]*2 processes with 32 each/);
});
