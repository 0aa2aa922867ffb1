/** The conformance suite on real processes: every mpirun that is installed, with its own library. */
import { testCluster } from '@facewright/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { launch, LAUNCHERS, type Launched } from '../test/launched.js';
import { mpi } from './index.js';

const RANKS = 3;
/** Closes all files but the standard ones, as npx does. */
const THROUGH_NODE = [
  process.execPath,
  '-e',
  "process.exit(require('node:child_process').spawnSync(process.argv[1], process.argv.slice(2), { stdio: 'inherit' }).status)",
];

for (const launcher of LAUNCHERS) {
  if (launcher.missing !== undefined) {
    test.skip(`MPI of ${launcher.name} (skipped: ${launcher.missing})`, () => {});
    continue;
  }
  const started: Launched[] = [];
  const open = async (options?: object): Promise<Launched> => {
    const launched = await launch(launcher, RANKS, options);
    started.push(launched);
    return launched;
  };
  afterAll(async () => {
    for (const { process, end } of started) {
      if (process.exitCode === null) process.kill();
      await end();
    }
  });

  testCluster(mpi(), { name: launcher.name, open: async () => (await open()).ranks });

  describe(launcher.name, () => {
    test('the library is that of the launcher', async () => {
      const { ranks } = await open({ ordered: true });
      for (const { device, ordered, probed } of ranks) {
        expect(device).toMatch(new RegExp(`^${launcher.name} \\d+(\\.\\d+)+, rank \\d of ${RANKS}$`));
        expect(ordered).toBe(true);
        expect(probed).toMatchObject({ usable: true, processes: RANKS });
        expect(probed.device).toContain(launcher.name);
      }
      await Promise.all(ranks.map((cluster) => cluster.close()));
    });

    test('processes started through another Node, as by npx, meet, or say why they cannot', async () => {
      const launched = launch({ ...launcher, through: THROUGH_NODE }, 2);
      if (launcher.name === 'MPICH') return expect(launched).rejects.toThrow(/such as npx, has closed it/);
      started.push(await launched);
      const { ranks } = await launched;
      expect(ranks.map(({ size }) => size)).toEqual([2, 2]);
      await Promise.all(ranks.map((cluster) => cluster.close()));
    });

    test('arrays of more than one piece are summed whole', async () => {
      const { ranks } = await open();
      await Promise.all(ranks.map((cluster) => cluster.long(4_300_000)));
      await Promise.all(ranks.map((cluster) => cluster.close()));
    });

    test('a rank that falls silent ends the others within seconds; a rank that only computes does not', async () => {
      const { ranks, process: launched } = await open({ heartbeat: 1 });
      const [first, silent, other] = ranks;
      // in the main thread, which then says nothing for longer than that
      await other.compute(2500);
      await Promise.all(ranks.map((cluster) => cluster.barrier()));
      process.kill(silent.pid, 'SIGSTOP');
      const gone = /Rank 1 on .* is gone/;
      await Promise.all([first, other].map((cluster) => expect(cluster.barrier()).rejects.toThrow(gone)));
      // rank 0 knows and says so
      await expect(first.abort('x')).rejects.toThrow(gone);
      await expect(other.abort('x')).resolves.toBeUndefined();
      await Promise.all([first, other].map((cluster) => cluster.close()));
      await new Promise((resolve) => launched.once('exit', resolve));
    });

    test('a rank that never comes ends the others with an error once the time is up', async () => {
      const { ranks } = await open({ timeout: 1 });
      await Promise.all(
        ranks
          .slice(1)
          .map((cluster) => expect(cluster.barrier()).rejects.toThrow(/has waited 1 s for the other processes/)),
      );
      await Promise.all(ranks.slice(1).map((cluster) => cluster.close()));
    });
  });
}
