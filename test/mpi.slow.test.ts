/**
 * One training in several processes, started by every mpirun that is installed: the bits of one process, and other
 * numbers of processes after a resume. What goes wrong is in mpi-faults.slow.test.ts.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { LAUNCHERS } from '../packages/cluster-mpi/test/launched.js';
import { launchTool } from './helpers/launched.js';
import {
  checkpointsOf,
  ended,
  errorsIn,
  lossesOf,
  mpiTrainings,
  nextCheckpoint,
  weightsOf,
  type MpiTrainings,
} from './helpers/mpi-training.js';
import { facewright } from './helpers/tool.js';

let trainings: MpiTrainings;
beforeAll(async () => {
  if (LAUNCHERS.some(({ missing }) => missing === undefined))
    trainings = await mpiTrainings(['short', 'long', 'plain']);
});

for (const launcher of LAUNCHERS) {
  const { name, missing } = launcher;
  if (missing !== undefined) {
    test.skip(`training with ${name} (skipped: ${missing})`, () => {});
    continue;
  }

  describe(name, () => {
    const outOf = (what: string): string => join(trainings.root, `${name} ${what}`);

    test.each([2, 4])('%i processes give the bits of one', async (ranks) => {
      const out = outOf(`of ${ranks}`);
      const { code, stdout, stderr } = await launchTool(launcher, ranks, trainings.training('short', out, '--json'))
        .ended;
      expect(stderr).toBe('');
      expect(code).toBe(0);
      expect((JSON.parse(stdout) as { model: string }).model).toBe(join(out, 'model')); // printed once
      expect(await weightsOf(out)).toBe(await weightsOf(trainings.one('short')));
      expect(await lossesOf(out)).toEqual(await lossesOf(trainings.one('short')));
      // the plain step of one process adds in the same order, but may be compiled otherwise
      const plain = await lossesOf(trainings.one('plain'));
      (await lossesOf(out)).forEach((loss, index) => expect(loss).toBeCloseTo(plain[index], 4));
    });

    test('interrupted on one rank, all stop; another number of processes goes on to the same bits', async () => {
      const out = outOf('resumed');
      for (const [turn, ranks] of [2, 4, 1].entries()) {
        const args = trainings.training('long', out, ...(turn > 0 ? ['--resume'] : []));
        if (ranks === 1) {
          await ended(facewright(args));
          break;
        }
        const before = checkpointsOf(out);
        const tool = launchTool(launcher, ranks, args);
        await nextCheckpoint(out, tool, before);
        tool.signal(ranks - 1, 'SIGINT');
        const { code, stderr } = await tool.ended;
        expect(code).not.toBe(0);
        expect(stderr).toContain('--resume');
        expect(errorsIn(stderr)).toEqual([]);
      }
      expect(await weightsOf(out)).toBe(await weightsOf(trainings.one('long')));
    });

    test('what does not go is said once', async () => {
      const { code, stderr } = await launchTool(launcher, 3, trainings.training('short', outOf('of 3'))).ended;
      expect(code).not.toBe(0);
      expect(errorsIn(stderr)).toEqual(['error: A batch of 8 images cannot be divided among 3 processes.']);
    });
  });
}
