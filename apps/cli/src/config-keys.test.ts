/** The page and the terminal tell every key of a config as the schema has it. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseRunConfig } from '@facewright/core';
import { expect, test } from 'vitest';
import { configKeys, configPage, explainedKeys, explanation } from './config-keys.js';

const PAGE = fileURLToPath(new URL('../../../docs/config.md', import.meta.url));

// after a change: UPDATE=1 npx vitest run --project fast apps/cli/src/config-keys.test.ts
test('docs/config.md is up to date', async () => {
  if (process.env.UPDATE) await writeFile(PAGE, configPage());
  expect(await readFile(PAGE, 'utf8')).toBe(configPage());
});

test('every key says what it means', () => {
  expect(configKeys().filter(({ description }) => description.length < 3)).toEqual([]);
});

test('every key of a config with its defaults is there', () => {
  const paths = new Set(configKeys().map(({ path }) => path));
  const seen = (value: unknown, parent: string): string[] => {
    if (Array.isArray(value)) return value.flatMap((item) => seen(item, parent));
    if (typeof value !== 'object' || value === null) return [parent];
    return Object.entries(value).flatMap(([key, inner]) => seen(inner, parent ? `${parent}.${key}` : key));
  };
  const config = parseRunConfig(
    { stages: [{ loss: 'softmax', freeze: {}, init: {}, until: { plateau: {} } }] },
    'here',
  );
  expect(seen(config, '').filter((path) => path && !paths.has(path))).toEqual([]);
});

test('an explanation fits 80 columns and has type, default and meaning', () => {
  const text = explanation(explainedKeys(undefined));
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  expect(explanation(explainedKeys('batch'))).toBe('batch\n    integer from 2, default 128\n    images per step');
});

test('a key brings those inside it; places in lists do not count', () => {
  expect(explainedKeys('stages.schedule').map(({ path }) => path.split('.').at(-1))).toEqual(
    expect.arrayContaining(['at', 'factor', 'steps', 'final', 'power']),
  );
  expect(explainedKeys('stages[1].rate')).toEqual(explainedKeys('stages.rate'));
  expect(explainedKeys('stages.1.rate')).toEqual(explainedKeys('stages.rate'));
});

test.each([
  ['stages.rat', '"stages.rate"'],
  ['momentun', 'lists all keys'],
  ['window', '"stages.until.plateau.window"'],
  ['keep', '"checkpoint.keep"'],
])('an unknown key %s is an error that names %s', (key, hint) => {
  expect(() => explainedKeys(key)).toThrow(expect.objectContaining({ todo: expect.stringContaining(hint) }));
});

test.each([
  ['losss', /^Did you mean .*"stages\.loss"/],
  ['sead', /^Did you mean "seed"\? /],
  ['nokey', /^"facewright config --explain" lists all keys/],
])('the key "%s" that does not exist suggests only keys that look like it', (word, todo) => {
  expect(() => explainedKeys(word)).toThrow(expect.objectContaining({ todo: expect.stringMatching(todo) }));
});
