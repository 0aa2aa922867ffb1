/** `bench train` and `plan`, started as a user would. */
import { beforeAll, expect, test } from 'vitest';
import { facewright, temporary, TINY, writeConfig } from './helpers/tool.js';

let directory: string;
beforeAll(async () => {
  directory = await temporary();
});

test('bench train prints one document that names the loss and the lowering', async () => {
  const ended = await facewright([
    'bench',
    'train',
    '--backend',
    'wasm',
    '--loss',
    'arcface',
    '--width',
    '0.125',
    '--batch',
    '4',
    '--steps',
    '1',
    '--classes',
    '10',
    '--json',
  ]);
  expect(ended.code).toBe(0);
  expect(ended.json()).toEqual({
    backend: 'wasm',
    lowering: 'eager',
    loss: 'arcface',
    batch: 4,
    imagesPerSecond: expect.any(Number),
    warmUpSeconds: expect.any(Number),
    peakMemoryBytes: expect.any(Number),
  });
});

test('plan takes the config, overridden by the command line, and says whether it fits', async () => {
  const config = await writeConfig(directory, { ...TINY, batch: 64 });
  const { code, stderr, json } = await facewright([
    'plan',
    '--config',
    config,
    '--classes',
    '7000',
    '--micro-batch',
    '16',
    '--backend',
    'cpu',
    '--json',
  ]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^engine: cpu \(.*\) for detection, training and evaluation\n$/);
  const plan = json<{
    stages: {
      loss: string;
      parameters: { head: number };
      peakBytes: { exact: number };
      here: { bytes: number; fits: boolean };
    }[];
  }>();
  expect(plan).toMatchObject({ engine: 'cpu', model: 'mobilefacenet', classes: 7000, batch: 64, microBatch: 16 });
  expect(plan.stages.map(({ loss, parameters }) => [loss, parameters.head])).toEqual([
    ['softmax', 9 * 7000],
    ['arcface', 8 * 7000],
  ]);
  for (const { here, peakBytes } of plan.stages) expect(here.bytes).toBeLessThan(peakBytes.exact);
  const { stdout } = await facewright(['plan', '--config', config, '--memory', '0.001']);
  expect(stdout).toContain('1,000 classes, batches of 64; memory limit: 0.00 GB');
  expect(stdout).toContain('does not fit');
});

test('plan --time measures a few steps and reports the time of each stage, and the total if it is known', async () => {
  const config = await writeConfig(directory, TINY);
  const args = ['plan', '--config', config, '--backend', 'cpu', '--classes', '5', '--time'];
  const { code, json } = await facewright([...args, '--json']);
  expect(code).toBe(0);
  const { stages } = json<{
    stages: { time: { secondsPerStep: number; steps: object; seconds: { most: number } } }[];
  }>();
  expect(stages.map(({ time }) => time.steps)).toEqual([
    { least: 3, most: 3 },
    { least: 2, most: 2 },
  ]);
  for (const { time } of stages) expect(time.seconds.most).toBeGreaterThan(time.secondsPerStep);
  const { stdout } = await facewright(args);
  expect(stdout).toMatch(/ {2}time {12}\d+ s \([\d.]+ m?s a step, 3 steps\)\n/);
  expect(stdout).toMatch(/training takes \d+ s here\n$/);

  const epochs = { ...TINY, stages: [{ loss: 'softmax', until: { epochs: 2 } }] };
  const unknown = await facewright([
    ...args.slice(0, 2),
    await writeConfig(await temporary(), epochs),
    ...args.slice(3),
  ]);
  expect(unknown.stdout).toContain('a step; --data with a prepared dataset tells how many');
  expect(unknown.stdout).not.toContain('training takes');
});

test('micro-batches that do not divide the batch are rejected by every command that accepts them', async () => {
  for (const command of [['plan'], ['bench', 'train'], ['run', '--sample', '--out', directory]]) {
    const { code, stderr } = await facewright([...command, '--batch', '64', '--micro-batch', '24']);
    expect(stderr).toMatch(/A batch of 64 images cannot be split into parts of 24\.\n.*\n.*divisor of 64, e\.g\. 16/);
    expect(code).toBe(1);
  }
});
