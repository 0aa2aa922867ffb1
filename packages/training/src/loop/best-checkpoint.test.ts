/** Besides the most recent checkpoints, the one with the best validation is kept, even through an interruption. */
import type { RunEvent } from '@facewright/core';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { of } from '../../test/recorded.js';
import { openCpu, tinyDataset } from '../../test/tiny.js';
import { tinyRun } from '../../test/tiny-run.js';
import { readStartingPoint } from '../index.js';

test('the checkpoint with the best validation is kept while later ones come and go, and can be started from', async () => {
  const engine = await openCpu();
  const root = await mkdtemp(join(tmpdir(), 'facewright-best-'));
  // a learning rate that destroys what the first stage learned
  const stages = [
    { config: { rate: 0.05, until: { steps: 24 } } },
    { config: { rate: 30, clipNorm: 1, until: { steps: 16 } } },
  ];
  const events: RunEvent[] = [];
  const run = async (directory: string, best: boolean, abortAt?: number): Promise<string[]> => {
    const { events: told } = await tinyRun({
      engine,
      directory: join(root, directory),
      stages,
      abortAt,
      dataset: tinyDataset(5, 8),
      flip: false,
      validation: { fraction: 0.3, minimum: 0, everySteps: 4 },
      checkpoint: { everySteps: 8, keep: 2, best },
      resume: (await readdir(root)).includes(directory),
    });
    events.push(...told);
    return (await readdir(join(root, directory, 'checkpoints'))).filter((name) => /^\d+$/.test(name)).sort();
  };
  const kept = await run('whole', true);
  const validations = of(events, 'train.validation');
  const first = validations.reduce((top, each) =>
    each.accuracy > top.accuracy || (each.accuracy === top.accuracy && each.loss < top.loss) ? each : top,
  );
  expect(first.step).toBeLessThanOrEqual(24);
  expect(validations.at(-1)!.accuracy).toBeLessThan(first.accuracy);
  expect(kept).toEqual([first.step, 32, 40].map((step) => String(step).padStart(8, '0')));
  const { weights } = await readStartingPoint(join(root, 'whole', 'checkpoints', kept[0]));
  expect(Object.keys(weights.params)).toContain('stem/kernel');

  await run('stopped', true, 29);
  expect(await run('stopped', true)).toEqual(kept);
  expect(await run('without', false)).toEqual(['00000032', '00000040']);
  await rm(root, { recursive: true });
});
