/** Besides the most recent checkpoints, the one with the best validation is kept, even through an interruption. */
import { createRandom, stageConfig, type PluginContext, type RunEvent } from '@facewright/core';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { of, recorded } from '../../test/recorded.js';
import { linearLoss, openCpu, tinyDataset, tinyModel } from '../../test/tiny.js';
import { readStartingPoint, sgd, train } from '../index.js';

test('the checkpoint with the best validation is kept while later ones come and go, and can be started from', async () => {
  const engine = await openCpu();
  const root = await mkdtemp(join(tmpdir(), 'facewright-best-'));
  const optimiser = await sgd().create({} as PluginContext);
  // a learning rate that destroys what the first stage learned
  const stages = [
    { rate: 0.05, until: { steps: 24 } },
    { rate: 30, clipNorm: 1, until: { steps: 16 } },
  ].map((config) => ({
    name: 'linear',
    loss: linearLoss,
    optimiserName: 'sgd',
    optimiser,
    config: stageConfig.parse({ loss: 'linear', ...config }),
  }));
  const events: RunEvent[] = [];
  const run = async (directory: string, best: boolean, abortAt?: number): Promise<string[]> => {
    const { events: told, emit, signal } = recorded(abortAt);
    await train({
      dataset: tinyDataset(5, 8),
      model: tinyModel,
      modelReference: { name: 'tiny', options: {} },
      alignment: { fingerprint: 'tiny', size: 6 },
      stages,
      engine,
      batch: 8,
      flip: false,
      validation: { fraction: 0.3, minimum: 0, everySteps: 4 },
      checkpoint: { everySteps: 8, keep: 2, best },
      directory: join(root, directory),
      random: createRandom(7),
      emit,
      signal,
      resume: (await readdir(root)).includes(directory),
    }).catch(() => undefined);
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
