/**
 * A model, checkpoint, dataset or someone else's run may name anything; none of it is ever imported. Replaces each
 * string in every file the tool reads with the name of a module that writes a file when imported, and runs the commands
 * that read the file.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUser } from '@facewright/core';
import { generateSample } from '@facewright/datasets';
import { importPlugins } from '@facewright/platform/node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createProgram } from './program.js';

const TINY = {
  backend: 'cpu',
  tiers: [{ name: 'all', above: 0 }],
  model: { name: 'mobilefacenet', inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [] },
  batch: 8,
  stages: [{ loss: { name: 'softmax' }, until: { steps: 1 } }],
  validation: { minimum: 2 },
  heldOut: { identities: 2, pairs: 8 },
};
const PACKAGE = 'planted-package';

let directory: string;
let clean: string;
let canary: string;
const at = (...names: string[]): string => join(directory, ...names);

/** The tool's output on both streams. */
async function facewright(...args: string[]): Promise<string> {
  let text = '';
  const write = ((part: string | Uint8Array) => ((text += String(part)), true)) as typeof process.stdout.write;
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(write));
  try {
    await createProgram().parseAsync(['node', 'facewright', ...args]);
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = 0;
  }
  return text;
}

const common = (): string[] => ['--config', at('facewright.config.json'), '--quiet'];
const train = (...args: string[]): Promise<string> => facewright('train', '--data', at('run/dataset'), ...args);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fw-planted-'));
  clean = `${directory}-clean`;
  canary = at('imported');
  const { list } = await generateSample({ directory: at('people'), people: 5, photos: 3 });
  await writeFile(at('facewright.config.json'), JSON.stringify(TINY));
  const { model: _, ...rest } = TINY;
  await writeFile(at('tuning.json'), JSON.stringify(rest));
  const module = (mark: string): string => `
import { appendFileSync } from 'node:fs';
appendFileSync(${JSON.stringify(canary)}, ${JSON.stringify(`${mark}\n`)});
export default {};`;
  await writeFile(at('planted.mjs'), module('file'));
  await mkdir(at('node_modules', PACKAGE), { recursive: true });
  await writeFile(
    at('node_modules', PACKAGE, 'package.json'),
    JSON.stringify({ name: PACKAGE, type: 'module', exports: './index.js' }),
  );
  await writeFile(at('node_modules', PACKAGE, 'index.js'), module('package'));

  const made = [
    await facewright('run', '--data', list, '--out', at('run'), ...common()),
    await train('--from', at('run/model'), '--out', at('tuned'), '--config', at('tuning.json'), '--quiet'),
    await facewright('export', '--model', at('run/model'), '--format', 'onnx', '--out', at('export'), ...common()),
  ];
  expect(made.join('')).not.toContain('error:');
  await cp(directory, clean, { recursive: true });
});
afterAll(() => Promise.all([directory, clean].map((path) => rm(path, { recursive: true, force: true }))));

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const NAMING = ['name', 'model', 'loss', 'plugins'];

/**
 * The document with each of its strings replaced in turn: by all three names where it names a part, otherwise by one of
 * them.
 */
function* planted(value: Json, key = '', turn = { number: 0 }): Generator<Json> {
  const plants = ['./planted.mjs', PACKAGE, at('planted.mjs')];
  const here = NAMING.includes(key) ? plants : [plants[turn.number++ % plants.length]];
  if (typeof value === 'string') yield* here;
  else if (Array.isArray(value)) {
    for (const [index, part] of value.entries())
      for (const changed of planted(part, key, turn)) yield value.map((other, i) => (i === index ? changed : other));
    for (const plant of here) yield [...value, plant];
  } else if (value !== null && typeof value === 'object') {
    if ('name' in value) yield* plants;
    for (const [name, part] of Object.entries(value))
      for (const changed of planted(part, name, turn)) yield { ...value, [name]: changed };
  }
}

/** As in checkpoints: over the JSON with sorted keys. */
function withDigest(state: Json): Json {
  const { sha256: _, ...rest } = state as { [key: string]: Json };
  const sorted = JSON.stringify(rest, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
  return { ...rest, sha256: createHash('sha256').update(sorted).digest('hex') };
}

const evaluate = (): Promise<string> =>
  facewright('evaluate', '--model', at('run/model'), '--data', at('run/dataset'), ...common());
const tune = (from: string): Promise<string> =>
  train('--from', at(from), '--out', at('out'), '--force', '--config', at('tuning.json'), '--quiet');
const compare = (): Promise<string> =>
  facewright('compare', at('run'), at('tuned'), '--out', at('comparison.html'), '--json');
const resumed = (): Promise<string> =>
  facewright('run', '--data', at('people/landmarks.txt'), '--out', at('run'), '--resume', ...common());

/** The files, the commands that read them, and the expected answer to a planted part name. */
const READ: readonly { file: string; answer?: RegExp; commands: readonly (() => Promise<string>)[] }[] = [
  {
    file: 'run/model/model.json',
    answer: /asks for the model "[^"]*planted[^"]*", which is neither built in/,
    commands: [
      evaluate,
      () => facewright('export', '--model', at('run/model'), '--format', 'tfjs', '--out', at('out'), ...common()),
      () => tune('run/model'),
    ],
  },
  {
    file: 'run/checkpoints/00000001/state.json',
    answer: /asks for the (model|loss) "[^"]*planted[^"]*", which is neither built in/,
    commands: [() => tune('run/checkpoints/00000001'), resumed],
  },
  { file: 'run/run.json', commands: [resumed, evaluate, compare] },
  {
    file: 'tuned/run.json',
    answer: /asks for the model "[^"]*planted[^"]*", which is neither built in/,
    commands: [
      () =>
        train('--from', at('run/model'), '--out', at('tuned'), '--resume', '--config', at('tuning.json'), '--quiet'),
    ],
  },
  {
    file: 'run/dataset/dataset.json',
    commands: [
      () => facewright('dataset', 'info', at('run/dataset')),
      () => facewright('plan', '--data', at('run/dataset'), ...common()),
      () => train('--out', at('out'), '--force', ...common()),
    ],
  },
  { file: 'run/checkpoints/identities.json', commands: [() => tune('run/checkpoints/00000001')] },
  { file: 'run/evaluation/evaluation.json', commands: [compare] },
];

test.each(READ)('$file', async ({ file, answer, commands }) => {
  const document = JSON.parse(await readFile(at(file), 'utf8')) as Json;
  let answers = '';
  for (const changed of planted(document)) {
    const content = file.endsWith('state.json') ? withDigest(changed) : changed;
    for (const command of commands) {
      await writeFile(at(file), JSON.stringify(content));
      answers += await command();
      expect(existsSync(canary), JSON.stringify(changed)).toBe(false);
    }
  }
  if (answer) expect(answers).toMatch(answer);
  await cp(join(clean, file), at(file));
});

test('lists, archives, and the names of people and files', async () => {
  const names = ['./planted.mjs', PACKAGE, at('planted.mjs')];
  const [line] = (await readFile(at('people/landmarks.txt'), 'utf8')).split('\n');
  for (const name of names) {
    await writeFile(at('people/planted.txt'), line.replace(/^\S+/, name));
    await writeFile(at('pairs.txt'), `${name} ${name} 1\n`);
    await facewright('dataset', 'info', at('people/planted.txt'));
    await facewright('prepare', '--data', at('people/planted.txt'), '--out', at('out'), '--force', ...common());
    await facewright(
      'evaluate',
      '--model',
      at('run/model'),
      '--pairs',
      at('pairs.txt'),
      '--images',
      at('people'),
      ...common(),
    );
  }
  // a person and a photo with those names
  await cp(at('people/0000'), at('people', PACKAGE), { recursive: true });
  await cp(at('planted.mjs'), at('people', PACKAGE, 'planted.mjs'));
  for (const to of ['webdataset', 'folder']) {
    await facewright('dataset', 'convert', at('people'), '--to', to, '--out', at(`as-${to}`));
    await facewright('dataset', 'info', at(`as-${to}`));
  }
  expect(existsSync(canary)).toBe(false);
});

test('the canary works: what the user names is imported', async () => {
  for (const name of ['./planted.mjs', PACKAGE, at('planted.mjs')])
    expect(await importPlugins(fromUser(name), { baseDirectory: directory, where: 'the test' })).toEqual([]);
  // a module runs only once and the test looks for its file, so each plant is imported under a different name
  expect(await readFile(canary, 'utf8')).toBe('file\npackage\n');
  await rm(canary);
});
