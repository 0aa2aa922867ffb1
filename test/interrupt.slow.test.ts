/** Ctrl-C in each stage: what exists is complete, and --resume ends like an undisturbed run. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  drawPeople,
  facewright,
  filesBelow,
  readJson,
  temporary,
  TINY,
  writeConfig,
  writeDetector,
} from './helpers/tool.js';

// each test starts the tool several times, on machines that may be busy
let folder: string;
let list: string;
let undisturbed: string;
const LONGER = {
  ...TINY,
  backend: 'wasm',
  stages: [
    { loss: 'softmax', until: { steps: 60 } },
    { loss: 'arcface', until: { steps: 5 } },
  ],
  heldOut: { identities: 3, pairs: 40 },
};

const weightsOf = async (out: string): Promise<string> =>
  (await readJson<{ weights: { sha256: string } }>(join(out, 'model', 'model.json'))).weights.sha256;

async function expectWhole(out: string): Promise<void> {
  expect((await filesBelow(out)).filter((file) => file.includes('partial'))).toEqual([]);
  for (const line of (await readFile(join(out, 'events.jsonl'), 'utf8')).trimEnd().split('\n')) JSON.parse(line);
}

beforeAll(async () => {
  const directory = await temporary();
  ({ folder, list } = await drawPeople(directory, { people: 8, photos: 6 }));
  const out = join(directory, 'undisturbed');
  expect(
    (
      await facewright([
        'run',
        '--data',
        list,
        '--out',
        out,
        '--config',
        await writeConfig(directory, LONGER),
        '--quiet',
      ])
    ).code,
  ).toBe(0);
  undisturbed = await weightsOf(out);
});

test('during preparation', async () => {
  const directory = await temporary();
  await writeDetector(directory, 150);
  const config = await writeConfig(directory, { ...LONGER, detector: './centre.mjs' });
  const out = join(directory, 'run');
  const args = ['run', '--data', folder, '--out', out, '--config', config];
  const ended = await facewright(args, { interruptAt: /prepare/ });
  expect(ended.stderr).toMatch(/Stopping after the current step[\s\S]*Interrupted[\s\S]*--resume/);
  expect(ended.code).toBe(130);
  expect(existsSync(join(out, 'dataset'))).toBe(false);
  await expectWhole(out);
  const resumed = await facewright([...args, '--resume', '--json']);
  expect(resumed.json()).toMatchObject({ metrics: { preparation: { kept: 48 }, verification: { pairs: 40 } } });
});

test('during training', async () => {
  const directory = await temporary();
  const out = join(directory, 'run');
  const args = ['run', '--data', list, '--out', out, '--config', await writeConfig(directory, LONGER)];
  const ended = await facewright(args, { interruptAt: /train {2}\d+ %/ });
  expect(ended.code).toBe(130);
  expect(existsSync(join(out, 'model'))).toBe(false);
  await expectWhole(out);
  const { length: checkpoints } = (await filesBelow(join(out, 'checkpoints'))).filter((file) =>
    file.endsWith('state.json'),
  );
  expect(checkpoints).toBeGreaterThan(0);
  const resumed = await facewright([...args, '--resume']);
  expect(resumed.stderr).toMatch(/resumed at step \d+/);
  expect(resumed.code).toBe(0);
  expect(await weightsOf(out)).toBe(undisturbed);
  await expectWhole(out);
});

test('during evaluation', async () => {
  const directory = await temporary();
  const out = join(directory, 'run');
  // the naive engine and a larger input make the evaluation slow enough to interrupt
  const slow = {
    ...LONGER,
    backend: 'cpu',
    model: { ...(LONGER.model as object), inputSize: 48 },
    batch: 2,
    stages: [{ loss: 'softmax', until: { steps: 1 } }],
    validation: { minimum: 0 },
    heldOut: { identities: 6, pairs: 90 },
  };
  const args = ['run', '--data', list, '--out', out, '--config', await writeConfig(directory, slow)];
  const ended = await facewright(args, { interruptAt: /trained: 1 steps/ });
  expect([ended.code, ended.stderr]).toEqual([130, expect.stringContaining('Interrupted')]);
  await expectWhole(out);
  const model = await weightsOf(out);
  const resumed = await facewright([...args, '--resume', '--json']);
  expect(resumed.json()).toMatchObject({ metrics: { stages: [{ steps: 1 }], verification: { pairs: 90 } } });
  expect(await weightsOf(out)).toBe(model);
});

test('twice: ends at once, even if a part never answers', async () => {
  const directory = await temporary();
  await writeDetector(directory, -1);
  const out = join(directory, 'run');
  const ended = await facewright(
    [
      'run',
      '--data',
      folder,
      '--out',
      out,
      '--config',
      await writeConfig(directory, { ...LONGER, detector: './centre.mjs' }),
    ],
    { interruptAt: /asked/, twice: true },
  );
  expect(ended.code).toBe(130);
  expect(existsSync(join(out, 'dataset'))).toBe(false);
});

test('resuming requires a run', async () => {
  const directory = await temporary();
  const ended = await facewright([
    'run',
    '--data',
    list,
    '--out',
    join(directory, 'new'),
    '--resume',
    '--config',
    await writeConfig(directory, LONGER),
  ]);
  expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('no run to resume here')]);
});
