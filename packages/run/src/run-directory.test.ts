import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUser, parseRunConfig } from '@facewright/core';
import { expect, test } from 'vitest';
import { openRunDirectory, requireSameConfig } from './run-directory.js';

const config = parseRunConfig({}, 'test');

async function withRun(sample: boolean): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fw-out-'));
  const directory = await openRunDirectory(path);
  await directory.record({ format: 1, command: 'run', config, sample });
  directory.release();
  await mkdir(join(path, 'model'));
  await mkdir(join(path, 'sample'));
  await writeFile(join(path, 'notes.txt'), "the user's own");
  return path;
}

test('an earlier run is kept, unless it may go; the files of others always stay', async () => {
  const path = await withRun(false);
  await expect(openRunDirectory(path)).rejects.toThrow(/run here already \(model\)[\s\S]*--resume.*--force.*--out/);
  await expect(openRunDirectory(path, { replaceSample: true })).rejects.toThrow('run here already');
  const resumed = await openRunDirectory(path, { resume: true });
  expect(resumed.earlier).toMatchObject({ command: 'run', sample: false });
  await expect(openRunDirectory(path, { force: true })).rejects.toThrow('writing here already');
  resumed.release();
  (await openRunDirectory(path, { force: true, keep: ['sample'] })).release();
  expect((await readdir(path)).sort()).toEqual(['notes.txt', 'sample']);
});

test('a sample run may be started over without asking', async () => {
  const path = await withRun(true);
  (await openRunDirectory(path, { replaceSample: true })).release();
  expect(await readdir(path)).toEqual(['notes.txt']);
});

test('a damaged record and a missing run are told', async () => {
  const path = await withRun(false);
  await writeFile(join(path, 'run.json'), '{');
  await expect(openRunDirectory(path, { resume: true })).rejects.toThrow(
    /record of the run is damaged[\s\S]*run\.json/,
  );
  await expect(openRunDirectory(join(path, 'new'), { resume: true })).rejects.toThrow('no run here to go on with');
});

test('resuming asks for the same config, but not for the same engine or place', () => {
  expect(() =>
    requireSameConfig(
      config,
      { ...config, backend: fromUser('cpu'), out: 'elsewhere', checkpoint: { everySteps: 1, keep: 1, best: true } },
      'x',
    ),
  ).not.toThrow();
  expect(() => requireSameConfig(config, { ...config, seed: 2, batch: 4 }, 'x')).toThrow('"seed", "batch" differ.');
});
