/**
 * The conformance suite for clusters: sums with the same bits on every rank, broadcasts, and errors that reach every
 * rank.
 */
import { createRandom, type Cluster, type ClusterArray, type ClusterProvider } from '@facewright/core';
import { afterEach, beforeAll, expect } from 'vitest';
import { create, type ContextOptions } from './support/context.js';
import { defineSuite, type Check, type Subject, type SuiteOptions } from './support/suite.js';

export interface ClusterSuiteOptions extends SuiteOptions, ContextOptions {
  /**
   * Opens a new cluster and returns its ranks, in order: all of them, in this process or as stand-ins for others.
   * Default: the plugin is opened here, and must be a cluster of one.
   */
  readonly open?: () => Promise<readonly Cluster[]>;
}

/** Lengths of arrays: none, one, fewer than ranks, and more than fits in a packet. */
const LENGTHS = [0, 1, 2, 1000, 100_003];

/** Registers the suite: `testCluster(mpi(), { open })`. */
export function testCluster(subject: Subject<'cluster'>, options: ClusterSuiteOptions = {}): void {
  defineSuite('cluster', subject, options, (check) => {
    let provider: ClusterProvider;
    let opened: (readonly Cluster[])[] = [];
    beforeAll(async () => {
      provider = await create(subject, options);
    });
    afterEach(async () => {
      for (const ranks of opened) await all(ranks, (cluster) => cluster.close());
      opened = [];
    });
    const open = async (): Promise<readonly Cluster[]> => {
      const ranks = options.open ? await options.open() : [await provider.open()];
      opened.push(ranks);
      return ranks;
    };

    check('it says whether it can be used, and on what', async () => {
      const { usable, device, reason, processes } = await provider.probe();
      expect(typeof (usable ? device : reason)).toBe('string');
      if (processes !== undefined) expect(processes).toBeGreaterThanOrEqual(1);
    });

    check('every rank has its number, and they agree on how many there are', async () => {
      const ranks = await open();
      expect(ranks.map(({ rank }) => rank)).toEqual(ranks.map((_, index) => index));
      expect(ranks.map(({ size }) => size)).toEqual(ranks.map(() => ranks.length));
      for (const { device } of ranks) expect(device).toMatch(/\w/);
    });

    checkNumbers(check, open);
    checkOrder(check, open);
  });
}

type Open = () => Promise<readonly Cluster[]>;

/** Sums and broadcasts. */
function checkNumbers(check: Check, open: Open): void {
  check('a sum is that of all ranks, and has the same bits on each', async () => {
    const ranks = await open();
    for (const length of LENGTHS) {
      const given = valuesOf(ranks.length, length);
      const expected = Float64Array.from({ length }, (_, i) => given.reduce((sum, values) => sum + values[i], 0));
      const sums = given.map((values) => values.slice());
      await all(ranks, (cluster, rank) => cluster.allReduce(sums[rank]));
      for (const sum of sums) expect(bytesOf(sum).equals(bytesOf(sums[0]))).toBe(true);
      expect(largestError(sums[0], expected)).toBeLessThan(1e-5);
    }
  });

  check('an ordered sum adds in the order of the ranks', async () => {
    const ranks = await open();
    for (const length of LENGTHS) {
      const given = valuesOf(ranks.length, length);
      const expected = given[0].slice();
      for (const values of given.slice(1)) for (let i = 0; i < length; i++) expected[i] += values[i];
      await all(ranks, (cluster, rank) => cluster.allReduce(given[rank], { ordered: true }));
      for (const sum of given) expect(bytesOf(sum).equals(bytesOf(expected))).toBe(true);
    }
  });

  check('numbers of every kind are summed, and no others are touched', async () => {
    const ranks = await open();
    const { length: size } = ranks;
    for (const type of [Float32Array, Float64Array, Int32Array])
      for (const ordered of [false, true]) {
        const whole = ranks.map((_, rank) => new type([7, rank + 1, 2 ** 20 * (rank + 1), 7]));
        await all(ranks, (cluster, rank) => cluster.allReduce(whole[rank].subarray(1, 3), { ordered }));
        const sum = (size * (size + 1)) / 2;
        for (const values of whole) expect([...values]).toEqual([7, sum, 2 ** 20 * sum, 7]);
      }
  });

  check('a broadcast gives every rank the numbers of its root', async () => {
    const ranks = await open();
    for (const root of [0, ranks.length - 1])
      for (const length of LENGTHS) {
        const given = valuesOf(ranks.length, length);
        const expected = given[root].slice();
        await all(ranks, (cluster, rank) => cluster.broadcast(given[rank], root));
        for (const values of given) expect(bytesOf(values).equals(bytesOf(expected))).toBe(true);
      }
    await all(ranks, (cluster) => expect(cluster.broadcast(Float32Array.of(1), ranks.length)).rejects.toThrow());
  });
}

/** Waiting, order, and ends. */
function checkOrder(check: Check, open: Open): void {
  check('a barrier waits for every rank', async () => {
    const ranks = await open();
    let there = 0;
    await all(ranks, async (cluster, rank) => {
      await new Promise((resolve) => setTimeout(resolve, 20 * rank));
      there++;
      await cluster.barrier();
      expect(there).toBe(ranks.length);
    });
  });

  check('calls that were not awaited keep their order', async () => {
    const ranks = await open();
    const values = [1, 10, 100].map((factor) => ranks.map((_, rank) => Float32Array.of(factor * (rank + 1))));
    await all(ranks, (cluster, rank) => {
      const calls = values.map((of) => cluster.allReduce(of[rank], { ordered: true }));
      return Promise.all([...calls, cluster.barrier()]);
    });
    const sum = (ranks.length * (ranks.length + 1)) / 2;
    values.forEach((of, index) => expect(of.map(([value]) => value)).toEqual(ranks.map(() => sum * 10 ** index)));
  });

  check('arrays that do not fit together are an error on every rank', async () => {
    for (const last of [new Float32Array(3), new Float64Array(2)]) {
      const ranks = await open();
      if (ranks.length === 1) return;
      const given = (rank: number): ClusterArray => (rank + 1 < ranks.length ? new Float32Array(2) : last);
      await all(ranks, (cluster, rank) => expect(cluster.allReduce(given(rank))).rejects.toThrow());
    }
  });

  check('abort tells the others why, and ends their calls', async () => {
    const ranks = await open();
    const failing = ranks.length - 1;
    await all(ranks, async (cluster, rank) => {
      if (rank === failing) return cluster.abort('the disk is full, «voll»');
      await expect(cluster.allReduce(new Float32Array(5))).rejects.toThrow(/the disk is full, «voll»/);
      await expect(cluster.barrier()).rejects.toThrow(/the disk is full/);
      await cluster.abort('and so is this one');
    });
  });

  check('a cluster that was left says so, and can be left twice', async () => {
    const ranks = await open();
    await all(ranks, (cluster) => cluster.close());
    await all(ranks, async (cluster) => {
      if (ranks.length > 1) await expect(cluster.barrier()).rejects.toThrow();
      await cluster.close();
    });
  });
}

const all = async (
  ranks: readonly Cluster[],
  work: (cluster: Cluster, rank: number) => Promise<unknown>,
): Promise<void> => {
  await Promise.all(ranks.map(work));
};

/** Of very different sizes, so that the order of a sum shows in its bits. */
function valuesOf(ranks: number, length: number): Float32Array[] {
  const random = createRandom('testkit/cluster');
  return Array.from({ length: ranks }, (_, rank) =>
    Float32Array.from({ length }, () => random.normal() * 10 ** ((rank * 3) % 7)),
  );
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ClusterArray): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** Relative to the numbers' size, which is at most a million. */
const largestError = (actual: ArrayLike<number>, expected: Float64Array): number =>
  expected.reduce((most, value, i) => Math.max(most, Math.abs(actual[i] - value) / Math.max(1e6, Math.abs(value))), 0);
