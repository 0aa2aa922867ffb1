/** `facewright compare`, started as a user would: two recipes on two seeds, and which wins. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { drawPeople, facewright, readJson, temporary, TINY, writeConfig } from './helpers/tool.js';

let directory: string;
const at = (name: string): string => join(directory, name);
beforeAll(async () => {
  directory = await temporary();
  const { list } = await drawPeople(directory);
  const config = await writeConfig(directory, TINY);
  expect(
    (await facewright(['prepare', '--data', list, '--out', at('dataset'), '--config', config, '--quiet'])).code,
  ).toBe(0);
  const softmax = await writeConfig(await temporary(), { ...TINY, stages: [{ loss: 'softmax', until: { steps: 5 } }] });
  for (const seed of ['1', '2']) {
    for (const [name, path] of [
      ['switch', config],
      ['softmax', softmax],
    ]) {
      const ended = await facewright([
        'run',
        '--data',
        at('dataset'),
        '--out',
        at(`runs/${name}-${seed}`),
        '--config',
        path,
        '--seed',
        seed,
        '--backend',
        'cpu',
        '--quiet',
      ]);
      expect([ended.code, ended.stderr]).toEqual([0, '']);
    }
  }
});

test("the page and the figures give each recipe's mean and deviation, and which is ahead", async () => {
  const ended = await facewright(['compare', at('runs'), '--out', at('page.html'), '--json'], { cwd: directory });
  expect(ended.code).toBe(0);
  const accuracies = await Promise.all(
    ['switch', 'softmax'].map((name) =>
      Promise.all(
        [1, 2].map(
          async (seed) =>
            (await readJson<{ verification: { accuracy: number } }>(at(`runs/${name}-${seed}/metrics.json`)))
              .verification.accuracy,
        ),
      ),
    ),
  );
  const means = accuracies.map(([a, b]) => (a + b) / 2);
  const { recipes, verdict } = ended.json<{
    verdict: string;
    recipes: {
      name: string;
      losses: string;
      differs: string[];
      steps: number;
      accuracy: { mean: number; deviation: number };
    }[];
  }>();
  expect(recipes.map(({ name, losses, differs, steps }) => [name, losses, differs, steps]).sort()).toEqual([
    ['runs/softmax', 'softmax', ['softmax'], 5],
    ['runs/switch', 'softmax → arcface', ['softmax → arcface'], 5],
  ]);
  expect(recipes.map(({ accuracy }) => accuracy.mean)).toEqual(
    means.sort((a, b) => b - a).map((value) => expect.closeTo(value, 10) as number),
  );
  const text = (
    await facewright(
      ['compare', at('runs/switch-1'), at('runs/softmax-1'), at('runs/softmax-2'), at('runs/switch-2')],
      { cwd: directory },
    )
  ).stdout;
  expect(text.replace(/\s+/g, ' ')).toContain(verdict);
  expect(text).toContain(`seed 2 ${(100 * accuracies[1][1]).toFixed(2)} %`);
  expect(await readFile(at('comparison.html'), 'utf8')).toContain('Recipes');
  expect(await readFile(at('page.html'), 'utf8')).toContain(verdict);
});

test('one run, and none, are clear errors', async () => {
  expect(await facewright(['compare', at('runs/switch-1')])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('only one run') as string,
  });
  expect(await facewright(['compare', at('dataset')])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no run here') as string,
  });
});
