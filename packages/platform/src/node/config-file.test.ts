/**
 * Config files in every format, how preset, file and command line override each other, and the errors for wrong ones.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from './config-file.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facewright config '));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const write = async (name: string, text: string): Promise<string> => {
  await writeFile(join(directory, name), text);
  return join(directory, name);
};

const FORMATS: Record<string, string> = {
  'facewright.config.ts':
    'const seed: number = 7;\nexport default { seed, stages: [{ loss: { name: "arcface", m: 0.4 }, until: { steps: 10 } }] };',
  'facewright.config.mts':
    'export default { seed: 7 as number, stages: [{ loss: { name: "arcface", m: 0.4 }, until: { steps: 10 } }] };',
  'facewright.config.mjs':
    'export default { seed: 7, stages: [{ loss: { name: "arcface", m: 0.4 }, until: { steps: 10 } }] };',
  'facewright.config.js':
    'module.exports = { seed: 7, stages: [{ loss: { name: "arcface", m: 0.4 }, until: { steps: 10 } }] };',
  'facewright.config.json':
    '{ "seed": 7, "stages": [{ "loss": { "name": "arcface", "m": 0.4 }, "until": { "steps": 10 } }] }',
  'facewright.config.yaml': 'seed: 7\nstages:\n  - loss: { name: arcface, m: 0.4 }\n    until: { steps: 10 }\n',
  'facewright.config.yml': 'seed: 7\nstages:\n  - { loss: { name: arcface, m: 0.4 }, until: { steps: 10 } }\n',
};

test.each(Object.entries(FORMATS))('%s is found and read', async (name, text) => {
  const path = await write(name, text);
  for (const options of [{ directory }, { path }]) {
    const { config, baseDirectory, where } = await loadConfig(options);
    expect(config.seed).toBe(7);
    expect(config.stages).toMatchObject([
      { loss: { name: 'arcface', m: 0.4 }, optimiser: 'adam', rate: 1e-3, warmUp: 0, until: { steps: 10 } },
    ]);
    expect(config.batch).toBe(128); // a default
    expect([baseDirectory, where]).toEqual([directory, path]);
  }
});

test('the defaults apply without a file', async () => {
  const { config, where, given } = await loadConfig({ directory });
  expect(config.model).toBe('mobilefacenet');
  expect(config.stages.map(({ loss }) => loss)).toEqual(['softmax', 'arcface']);
  expect([where, given]).toEqual(['the command line', {}]);
});

test('JSON may have comments and trailing commas', async () => {
  await write('facewright.config.json', '{\n  // "seed": 3,\n  "seed": 2, /* half */ "batch": 16,\n}');
  expect((await loadConfig({ directory })).given).toEqual({ seed: 2, batch: 16 });
});

test('the file overrides the preset, and the command line overrides the file', async () => {
  await write('facewright.config.json', '{ "seed": 2, "batch": 16 }');
  const { config, given } = await loadConfig({
    directory,
    preset: { seed: 1, batch: 8, flip: false },
    overrides: { batch: 32 },
  });
  expect([config.seed, config.batch, config.flip]).toEqual([2, 32, false]);
  expect(given).toEqual({ seed: 2, batch: 32 });
});

test.each([
  [
    'an unknown key names itself, the file and the closest key',
    'facewright.config.json',
    '{ "bach": 3 }',
    /Unknown key "bach"[^]*where: .*facewright\.config\.json[^]*Did you mean "batch"/,
  ],
  [
    'a nested unknown key',
    'facewright.config.yaml',
    'validation: { minimun: 3 }',
    /"validation\.minimun"[^]*Did you mean "minimum"\? Known keys: fraction, minimum, everySteps/,
  ],
  [
    'an unknown key in a list',
    'facewright.config.yaml',
    'stages: [{ loss: softmax, until: { stepps: 3 } }]',
    /"stages\.0\.until\.stepps"[^]*Did you mean "steps"/,
  ],
  ['a wrong type', 'facewright.config.json', '{ "batch": "many" }', /"batch": .*number/],
  ['a value out of range', 'facewright.config.json', '{ "batch": 1 }', /"batch"/],
  ['a list as config', 'facewright.config.yaml', '- 1', /does not export an object/],
  [
    'broken JSON',
    'facewright.config.json',
    '{\n "batch": ',
    /Cannot read the config file: ValueExpected at line 2, column 11/,
  ],
  [
    'a file that throws',
    'facewright.config.mjs',
    'throw new Error("on purpose")',
    /Cannot read the config file: on purpose/,
  ],
  [
    'a file without a default export',
    'facewright.config.mjs',
    'export const config = {};',
    /does not export an object[^]*export default/,
  ],
])('%s', async (_, name, text, message) => {
  await write(name, text);
  await expect(loadConfig({ directory })).rejects.toThrow(message);
});

test('an empty YAML file is a config', async () => {
  await write('facewright.config.yaml', '# nothing yet\n');
  expect((await loadConfig({ directory })).config.seed).toBe(1);
});

test('a missing named file is an error', async () => {
  await expect(loadConfig({ path: join(directory, 'other.yaml') })).rejects.toThrow(
    /Cannot read the config file[^]*where: .*other\.yaml/,
  );
});

test('of a long text without structure only the first error is told, in one line, as formatting all of them takes minutes', async () => {
  await write('facewright.config.yaml', '- {"a": [ "b" }]'.repeat(1000));
  const error = await loadConfig({ directory }).catch(String);
  expect(error).toMatch(/Cannot read the config file: [^\n]* at line 1, column \d+\n {2}where: [^\n]*$/);
});

test('a text too long for a config is not parsed', async () => {
  await write('facewright.config.yaml', 'a'.repeat(200_000));
  await expect(loadConfig({ directory })).rejects.toThrow(/limit of 131072 bytes/);
});
