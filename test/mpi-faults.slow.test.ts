/**
 * One training in several processes, started by a real mpirun, when a process is killed, hangs, or has
 * no more room on its disk: a clear end, and the last checkpoint is whole.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { LAUNCHERS } from '../packages/cluster-mpi/test/launched.js';
import { noDisk } from './crash/full-disk.mjs';
import { launchTool } from './helpers/launched.js';
import { ended, errorsIn, mpiTrainings, nextCheckpoint, weightsOf, type MpiTrainings } from './helpers/mpi-training.js';
import { facewright, filesBelow, temporary, writeConfig } from './helpers/tool.js';

let trainings: MpiTrainings;
beforeAll(async () => {
  if (LAUNCHERS.some(({ missing }) => missing === undefined)) trainings = await mpiTrainings(['long']);
});

/** The first that is installed, because every fault takes half a minute; all of them if none is. */
const available = LAUNCHERS.filter(({ missing }) => missing === undefined).slice(0, 1);

for (const launcher of available.length > 0 ? available : LAUNCHERS) {
  const { name, missing } = launcher;
  if (missing !== undefined) {
    test.skip(`faults in a training with ${name} (skipped: ${missing})`, () => {});
    continue;
  }

  describe(name, () => {
    const outOf = (what: string): string => join(trainings.root, `${name} ${what}`);

    test('an error before the processes meet is told once', async () => {
      const told = async (...args: string[]): Promise<string[]> => {
        const { code, stderr } = await launchTool(launcher, 2, args).ended;
        expect(code).not.toBe(0);
        return errorsIn(stderr);
      };
      const missing = outOf('missing');
      expect(await told('train', '--data', missing)).toEqual([
        expect.stringMatching(/There is no such file or folder\./),
      ]);
      expect(await told('train', '--data', trainings.root, '--config', missing)).toEqual([
        expect.stringMatching(/Cannot read the config file/),
      ]);
      expect(await told('train', '--data', trainings.root)).toEqual([
        expect.stringMatching(/This is not a prepared dataset/),
      ]);
      const config = await writeConfig(await temporary(), { cluster: { name: 'mpi', library: missing } });
      expect(await told('train', '--data', join(trainings.root, 'dataset'), '--config', config)).toEqual([
        expect.stringMatching(/The cluster "mpi" does not work here: The MPI library cannot be used/),
      ]);
    });

    test('a process that is killed ends the others, and the last checkpoint is whole', async () => {
      const out = outOf('killed');
      const tool = launchTool(launcher, 2, trainings.training('long', out));
      await nextCheckpoint(out, tool);
      tool.signal(1, 'SIGKILL');
      const { code, stderr } = await tool.ended;
      expect(code).not.toBe(0);
      expect(errorsIn(stderr).length).toBeLessThanOrEqual(1); // the launcher may be faster
      expect(existsSync(join(out, 'model'))).toBe(false);
      await ended(facewright(trainings.training('long', out, '--resume')));
      expect(await weightsOf(out)).toBe(await weightsOf(trainings.one('long')));
    });

    test('a process that falls silent, as on a host that is gone, ends the others within seconds', async () => {
      const out = outOf('silent');
      const tool = launchTool(launcher, 2, trainings.training('watchful', out));
      await nextCheckpoint(out, tool);
      tool.signal(1, 'SIGSTOP');
      const { code, stderr } = await tool.ended;
      expect(code).not.toBe(0);
      // the launcher wakes the stopped rank to end it, which may add an error of its own
      expect(errorsIn(stderr)).toContainEqual(
        expect.stringMatching(/Rank 1 on .* is gone: it ended, or nothing was heard of it for 1 s/),
      );
      await ended(facewright(trainings.training('long', out, '--resume')));
      expect(await weightsOf(out)).toBe(await weightsOf(trainings.one('long')));
    });

    const why = noDisk();
    test.skipIf(why)(`a full disk on rank 0 ends all${why ? ` (skipped: ${why})` : ''}`, async () => {
      const disk = outOf('disk');
      mkdirSync(disk);
      const mount = (...args: string[]): unknown => spawnSync('mount', [...args, disk]);
      mount('-t', 'tmpfs', '-o', 'size=160k', 'tmpfs');
      try {
        const out = join(disk, 'out');
        const { code, stderr } = await launchTool(launcher, 2, trainings.training('long', out)).ended;
        expect(code).not.toBe(0);
        expect(errorsIn(stderr)).toEqual([expect.stringMatching(/The disk is full/)]);
        expect((await filesBelow(out)).filter((file) => /partial|\.lock/.test(file))).toEqual([]);
        mount('-o', 'remount,size=64m');
        await ended(launchTool(launcher, 2, trainings.training('long', out, '--resume')).ended);
        expect(await weightsOf(out)).toBe(await weightsOf(trainings.one('long')));
      } finally {
        spawnSync('umount', [disk]);
      }
    });
  });
}
