/**
 * kill -9 at random points of a training, mid-epoch, on each engine: when resumed, it has the same losses and ends with
 * the same bytes as an undisturbed one.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom, type RunEvent } from '@facewright/core';
import { beforeAll, expect, test, vi } from 'vitest';
import { rounds } from './support/rounds.js';
import { drawPeople, facewright, filesBelow, temporary, TINY, writeConfig } from './helpers/tool.js';

vi.setConfig({ testTimeout: 600_000 });

const BIN = fileURLToPath(new URL('../apps/cli/bin/facewright.js', import.meta.url));
const STEPS = 46;
const CONFIG = {
  ...TINY,
  stages: [
    { loss: 'softmax', optimiser: { name: 'sgd', weightDecay: 1e-4 }, rate: 0.05, until: { steps: 26 } },
    {
      loss: { name: 'adaface', s: 16 },
      optimiser: 'adam',
      warmUp: 3,
      freeze: { parameters: ['stem'], steps: 6 },
      until: { steps: 20 },
    },
  ],
  validation: { minimum: 6, everySteps: 5 },
  checkpoint: { everySteps: 4, keep: 2 },
};

let dataset: string;
beforeAll(async () => {
  const directory = await temporary();
  const { list } = await drawPeople(directory, { people: 8, photos: 8 });
  const prepared = await facewright([
    'prepare',
    '--data',
    list,
    '--out',
    join(directory, 'dataset'),
    '--config',
    await writeConfig(directory, CONFIG),
    '--quiet',
  ]);
  expect(prepared.stderr).toBe('');
  dataset = join(directory, 'dataset');
});

interface Killed {
  /** Number of starts that were killed. */
  readonly kills: number;
  readonly out: string;
}

/** Trains to the end, killed at each of `kills` random steps of what remains. */
async function trainKilled(config: object, kills: number, seed: string): Promise<Killed> {
  const directory = await temporary();
  const out = join(directory, 'run');
  const path = await writeConfig(directory, config);
  const random = createRandom(seed);
  let killed = 0;
  for (let start = 0; ; start++) {
    const resume = existsSync(join(out, 'run.json'));
    const child = spawn(
      process.execPath,
      [BIN, 'train', '--data', dataset, '--out', out, '--config', path, ...(resume ? ['--resume'] : [])],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    child.stderr.on('data', (part: Buffer) => (said += part.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    if (killed < kills) {
      // this many steps of this start, and then anywhere in the next one: in its computation, its checkpoint or in
      // between
      const before = (await stepsIn(out)).length;
      const wanted = before + 1 + random.integer(Math.floor(STEPS / (kills + 1)));
      while (child.exitCode === null && (await stepsIn(out)).length < wanted)
        await new Promise((resolve) => setTimeout(resolve, 4));
      await new Promise((resolve) => setTimeout(resolve, random.uniform() * 25));
      if (child.exitCode === null) {
        child.kill('SIGKILL');
        killed++;
      }
    }
    const code = await ended;
    if (code === 0) return { kills: killed, out };
    if (code !== null) throw new Error(`start ${start} ended with ${code}: ${said}`);
  }
}

/** Every `train.step` so far; a kill may truncate the last line. */
async function stepsIn(out: string): Promise<RunEvent<'train.step'>[]> {
  const text = await readFile(join(out, 'events.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line): RunEvent<'train.step'>[] => {
    if (!line.includes('"train.step"')) return [];
    try {
      return [JSON.parse(line) as RunEvent<'train.step'>];
    } catch {
      return [];
    }
  });
}

/** The loss, norm and rate of each step; a step repeated after a kill must have the same. */
async function traceOf(out: string): Promise<Map<number, string>> {
  const trace = new Map<number, string>();
  for (const { step, loss, accuracy, rate, gradientNorm } of await stepsIn(out)) {
    const told = JSON.stringify([loss, accuracy, rate, gradientNorm]);
    expect(trace.get(step) ?? told, `step ${step}`).toBe(told);
    trace.set(step, told);
  }
  return trace;
}

const weights = (out: string): Promise<Buffer> => readFile(join(out, 'model', 'weights.safetensors'));

/** Where "facewright setup xla --cpu" or CI's tests of the engine have set it up. */
const XLA = { name: 'xla', platform: 'cpu' };
const { engines } = (await facewright(['doctor', '--json'])).json<{ engines: { name: string; usable: boolean }[] }>();
const usable = engines.some(({ name, usable }) => name === XLA.name && usable);

test.each<[backend: string | typeof XLA, kills: number, workers: number]>([
  ['cpu', rounds(1, 4), 1],
  ['wasm', rounds(1, 3), 4],
  ['onnx', 3, 4],
  ...(usable ? [[XLA, 1, 2] as [typeof XLA, number, number]] : []),
])(
  'mistakes of the original project: resuming restores more than weights: on %s, killed %i times, with %i data workers',
  async (backend, kills, workers) => {
    const config = { ...CONFIG, backend };
    const whole = await trainKilled({ ...config, workers: workers === 1 ? 4 : 1 }, 0, 'never');
    const stopped = await trainKilled({ ...config, workers }, kills, `kill ${JSON.stringify(backend)}`);
    expect(stopped.kills).toBe(kills);
    const trace = await traceOf(whole.out);
    expect(trace.size).toBe(STEPS);
    expect([...(await traceOf(stopped.out))].sort(([a], [b]) => a - b)).toEqual([...trace]);
    expect((await weights(stopped.out)).equals(await weights(whole.out))).toBe(true);
    expect((await filesBelow(stopped.out)).filter((file) => file.includes('partial'))).toEqual([]);
    if (backend !== 'onnx') return; // which checkpoint is read does not depend on the engine

    // if the last checkpoint is truncated, the one before is used, and the bytes are the same again
    const checkpoints = (await filesBelow(join(stopped.out, 'checkpoints'))).filter((file) =>
      file.endsWith('state.safetensors'),
    );
    await truncate(join(stopped.out, 'checkpoints', checkpoints.at(-1)!), 1000);
    const again = await facewright([
      'train',
      '--data',
      dataset,
      '--out',
      stopped.out,
      '--config',
      join(stopped.out, '..', 'facewright.config.json'),
      '--resume',
    ]);
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/, which is damaged/);
    expect(again.stderr).toMatch(/resumed at step \d\d/);
    expect((await weights(stopped.out)).equals(await weights(whole.out))).toBe(true);
  },
);
