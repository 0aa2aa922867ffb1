import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUser, parseRunConfig } from '@facewright/core';
import { expect, test } from 'vitest';
import { openRunDirectory, requireSameRecipe } from './run-directory.js';

const config = parseRunConfig({}, 'test');

async function withRun(sample: boolean): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fw-out-'));
  const directory = await openRunDirectory(path);
  await directory.record({ format: 1, command: 'run', config, parts: [], sample });
  directory.release();
  await mkdir(join(path, 'model'));
  await mkdir(join(path, 'sample'));
  await writeFile(join(path, 'notes.txt'), "the user's own");
  return path;
}

test('an earlier run is kept unless it may be replaced; other files always stay', async () => {
  const path = await withRun(false);
  await expect(openRunDirectory(path)).rejects.toThrow(/already a run here \(model\)[\s\S]*--resume.*--force.*--out/);
  await expect(openRunDirectory(path, { replaceSample: true })).rejects.toThrow('already a run here');
  const resumed = await openRunDirectory(path, { resume: true });
  expect(resumed.earlier).toMatchObject({ command: 'run', sample: false });
  await expect(openRunDirectory(path, { force: true })).rejects.toThrow('already writing here');
  resumed.release();
  (await openRunDirectory(path, { force: true, keep: ['sample'] })).release();
  expect((await readdir(path)).sort()).toEqual(['notes.txt', 'sample']);
});

test('a sample run may be started over without asking', async () => {
  const path = await withRun(true);
  (await openRunDirectory(path, { replaceSample: true })).release();
  expect(await readdir(path)).toEqual(['notes.txt']);
});

test('a damaged record and a missing run are reported', async () => {
  const path = await withRun(false);
  await writeFile(join(path, 'run.json'), '{');
  await expect(openRunDirectory(path, { resume: true })).rejects.toThrow(
    /record of the run is damaged[\s\S]*run\.json/,
  );
  await expect(openRunDirectory(join(path, 'new'), { resume: true })).rejects.toThrow('no run to resume here');
});

test('resuming requires the same options for every part, but not the same engine or location', () => {
  const loss = (options: object) => ({
    ...config,
    stages: [{ ...config.stages[0], loss: fromUser({ name: 'arcface', ...options }) }],
  });
  const check = (before: typeof config, now: typeof config) => () =>
    requireSameRecipe({ config: before }, { config: now, parts: [] }, 'x');
  const elsewhere = {
    ...config,
    backend: fromUser('cpu'),
    out: 'elsewhere',
    checkpoint: { everySteps: 1, keep: 1, best: true },
  };
  expect(check(config, elsewhere)).not.toThrow();
  expect(check(config, { ...config, seed: 2, batch: 4 })).toThrow('seed: 1 then, 2 now\n    batch: 128 then, 4 now');
  expect(check(loss({ m: 0.1 }), loss({ m: 0.9, s: 8 }))).toThrow(
    'stages.0.loss.m: 0.1 then, 0.9 now\n    stages.0.loss.s: nothing then, 8 now',
  );
});

test('resuming requires parts from the same packages', () => {
  const part = (from: string) => ({
    use: 'model',
    kind: 'model' as const,
    name: 'net',
    version: '1',
    package: from,
    options: {},
  });
  expect(() => requireSameRecipe({ config, parts: [part('a')] }, { config, parts: [part('b')] }, 'x')).toThrow(
    'model.package: "a" then, "b" now',
  );
});
