/** Trainings in several processes: the configs they use, and one process's results to compare with. */
import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { LaunchedTool } from './launched.js';
import { drawPeople, facewright, readJson, temporary, TINY } from './tool.js';

/** Parts of two images in batches of eight: for one, two or four processes. */
const SHORT = {
  ...TINY,
  backend: 'cpu',
  microBatch: 2,
  validation: { minimum: 5, everySteps: 2 },
  cluster: { name: 'auto', ordered: true },
};
/** Long enough for something to happen to it. */
const LONG = { ...SHORT, stages: [{ loss: 'softmax', until: { steps: 40 } }], checkpoint: { everySteps: 10 } };
const CONFIGS = {
  short: SHORT,
  long: LONG,
  plain: { ...SHORT, cluster: 'single' },
  watchful: { ...LONG, cluster: { name: 'mpi', heartbeat: 1, ordered: true } },
};
type ConfigName = keyof typeof CONFIGS;

export interface MpiTrainings {
  readonly root: string;
  /** Arguments of the tool for a training into `out`. */
  training(config: ConfigName, out: string, ...rest: string[]): string[];
  /** Where one process has trained with this config. */
  one(config: ConfigName): string;
}

/** A dataset of drawn people, and what one process makes of it with each of `alone`. */
export async function mpiTrainings(alone: readonly ConfigName[]): Promise<MpiTrainings> {
  const root = await temporary();
  const [dataset, configOf] = [join(root, 'dataset'), (name: string): string => join(root, `${name}.json`)];
  for (const [name, config] of Object.entries(CONFIGS)) await writeFile(configOf(name), JSON.stringify(config));
  const training = (config: ConfigName, out: string, ...rest: string[]): string[] => [
    'train',
    ...['--data', dataset, '--out', out, '--config', configOf(config), '--quiet', ...rest],
  ];
  const one = (config: ConfigName): string => join(root, `one-${config}`);
  const { list } = await drawPeople(root, { people: 6, photos: 6 });
  await ended(facewright(['prepare', '--data', list, '--out', dataset, '--config', configOf('short'), '--quiet']));
  for (const config of alone) await ended(facewright(training(config, one(config))));
  return { root, training, one };
}

/** Waits for the tool's end, which has to be a success. */
export async function ended(
  outcome: Promise<{ readonly code: number | null; readonly stderr: string }>,
): Promise<void> {
  const { code, stderr } = await outcome;
  expect(stderr).not.toMatch(/error:/);
  expect(code).toBe(0);
}

export const weightsOf = async (out: string): Promise<string> =>
  (await readJson<{ weights: { sha256: string } }>(join(out, 'model', 'model.json'))).weights.sha256;

/** Losses of all steps and validations, in order. */
export const lossesOf = async (out: string): Promise<number[]> =>
  (await readFile(join(out, 'events.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; loss: number })
    .filter(({ type }) => type === 'train.step' || type === 'train.validation')
    .map(({ loss }) => loss);

/** Waits until there are more checkpoints than `before`, or the tool has ended. */
export async function nextCheckpoint(out: string, { ended }: LaunchedTool, before = 0): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  while (!over && checkpointsOf(out) <= before) await new Promise((resolve) => setTimeout(resolve, 20));
}

export const checkpointsOf = (out: string): number =>
  existsSync(join(out, 'checkpoints'))
    ? readdirSync(join(out, 'checkpoints')).filter((name) => /^\d+$/.test(name)).length
    : 0;

/** The errors shown, whatever the launcher adds. */
export const errorsIn = (stderr: string): string[] => stderr.match(/^error: .*$/gm) ?? [];
