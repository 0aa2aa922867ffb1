/**
 * The same command twice in one directory, several times with random delays: one does its work as if alone, the other gets
 * one clear error.
 */
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '@facewright/core';
import { beforeAll, expect, test } from 'vitest';
import { digestBelow } from './helpers/digest.js';
import { rounds } from './support/rounds.js';
import { drawPeople, facewright, filesBelow, temporary, TINY, writeConfig, type Ended } from './helpers/tool.js';

const TIMES = rounds(3, 20);
/** Whether two processes overlap is up to the machine: more pairs are started until some have. */
const MOST = 40;
/** Maximum delay between the starts in ms: about as long as the shortest command writes. */
const APART = 600;
/** Files of a run that contain times and paths. */
const VARYING = /^(events\.jsonl|report\.html|metrics\.json)$/;

let root: string;
let list: string;
let config: string;
let dataset: string;

beforeAll(async () => {
  root = await temporary();
  ({ list } = await drawPeople(root, { people: 6, photos: 5 }));
  config = await writeConfig(root, { ...TINY, backend: 'wasm' });
  dataset = join(root, 'dataset');
  const prepared = await facewright(['prepare', '--data', list, '--out', dataset, '--config', config, '--quiet']);
  expect(prepared.stderr).toBe('');
});

/**
 * Starts the command twice. One succeeds; the other fails at once with the lock's error, or later because something
 * already exists.
 */
async function startPair(args: readonly string[], delay: number): Promise<{ refused: Ended[]; done: Ended[] }> {
  const first = facewright(args);
  await new Promise((resolve) => setTimeout(resolve, delay));
  const ended = await Promise.all([first, facewright(args)]);
  return { refused: ended.filter(({ code }) => code !== 0), done: ended.filter(({ code }) => code === 0) };
}

test.each([
  ['prepare', (out: string) => ['prepare', '--data', list, '--out', out]],
  ['train', (out: string) => ['train', '--data', dataset, '--out', out]],
  ['run', (out: string) => ['run', '--data', list, '--out', out]],
])('%s', async (name, command) => {
  const random = createRandom(`pairs of ${name}`);
  const args = (out: string): string[] => [...command(out), '--config', config, '--quiet'];
  const alone = join(root, `${name}-alone`);
  expect(await facewright(args(alone))).toMatchObject({ code: 0, stderr: '' });
  const expected = await digestBelow(alone, VARYING);
  let locked = 0;
  for (let time = 0; time < TIMES || (!locked && time < MOST); time++) {
    const out = join(await temporary(), name);
    // every other pair starts at the same time, so that on any machine some overlap
    const { refused, done } = await startPair(args(out), time % 2 ? random.uniform() * APART : 0);
    expect([refused.length, done.length], refused.map(({ stderr }) => stderr).join('\n')).toEqual([1, 1]);
    expect(refused[0].code).toBe(1);
    // if the second starts after the first has ended, it finds the result
    expect(refused[0].stderr).toMatch(
      /^error: (Another process is writing here: facewright |There is already a (run|dataset) here)/,
    );
    expect(refused[0].stderr.trimEnd().split('\n')).toHaveLength(3);
    if (refused[0].stderr.includes('Another process')) locked++;
    expect(await digestBelow(out, VARYING)).toEqual(expected);
    expect((await filesBelow(join(out, '..'))).filter((file) => /lock|partial|former/.test(file))).toEqual([]);
  }
  expect(locked).toBeGreaterThan(0);
});

test('a good dataset is replaced at the very end, and complete until then, whatever happens in the meantime', async () => {
  const out = join(await temporary(), 'dataset');
  await cp(dataset, out, { recursive: true });
  const before = await digestBelow(out);
  const args = ['prepare', '--data', list, '--out', out, '--config', config, '--force', '--quiet'];
  const failed = await facewright([...args, '--data', join(root, 'people', 'none')]);
  expect(failed.code).toBe(1);
  expect(await digestBelow(out)).toEqual(before);

  let [refusals, seenBefore] = [0, 0];
  const seenEnough = (): boolean => refusals > 0 && seenBefore > 3;
  for (let seed = 2; seed < 2 + TIMES || (!seenEnough() && seed < 2 + MOST); seed++) {
    const pair = startPair([...args, '--seed', String(seed)], 0);
    const seeds = await seedsSeen(out, pair);
    // two that do not overlap work one after the other and both succeed, because --force allows it
    const { refused } = await pair;
    expect(refused.length, refused.map(({ stderr }) => stderr).join('\n')).toBeLessThan(2);
    for (const { stderr } of refused) expect(stderr).toMatch(/^error: Another process is writing here: facewright /);
    refusals += refused.length;
    seenBefore += seeds.filter((seen) => seen === seed - 1).length;
    expect(seeds.every((seen) => seen === seed - 1 || seen === seed)).toBe(true);
    expect(await seedOf(out)).toBe(seed);
  }
  expect(refusals).toBeGreaterThan(0);
  expect(seenBefore).toBeGreaterThan(3);
  await rm(out, { recursive: true });
});

/**
 * The seed of the dataset in this directory; undefined for the instant between two renames, because Node cannot
 * exchange directories.
 */
async function seedOf(directory: string): Promise<number | undefined> {
  const text = await readFile(join(directory, 'dataset.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as { summary: { seed: number } }).summary.seed;
}

/** The seeds of the datasets seen in a directory, one after the other, until the work has ended. */
async function seedsSeen(directory: string, work: Promise<unknown>): Promise<number[]> {
  const seeds: number[] = [];
  let ended = false;
  void work.finally(() => (ended = true));
  while (!ended) {
    const seed = await seedOf(directory);
    if (seed !== undefined) seeds.push(seed);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return seeds;
}

test('a training resumed twice: the second process is told who is working on it', async () => {
  const out = join(await temporary(), 'run');
  const long = await writeConfig(await temporary(), {
    ...TINY,
    backend: 'wasm',
    stages: [{ loss: 'softmax', until: { steps: 400 } }],
  });
  const args = ['train', '--data', dataset, '--out', out, '--config', long];
  const first = facewright(args, { interruptAt: /train {2}\d+ %/ });
  expect((await first).code).toBe(130);
  const { refused, done } = await startPair([...args, '--resume'], 300);
  expect([refused.length, done.length], refused[0]?.stderr).toEqual([1, 1]);
  expect(refused[0].stderr).toMatch(
    /error: Another process is writing here: facewright train, process \d+, since .*Z\.\n {2}where: .*run\n {2}to do: Wait for it to finish, stop it with "kill \d+", or choose another directory\.\n$/,
  );
});
