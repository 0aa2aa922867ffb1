/** Plugins by name, package and file, and the errors for missing or invalid ones. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { definePlugin, fromUser, type PluginFactory, type PluginReferenceInput } from '@facewright/core';
import { importListed, importPlugins, loadPlugin } from './load-plugin.js';

const builtIn = definePlugin({
  meta: { name: 'plain-loss', kind: 'loss', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({ scale: z.number().positive().default(64) }),
  create: () => {
    throw new Error('not made in these tests');
  },
});
const noise = definePlugin({
  meta: { name: 'noise', kind: 'augmenter', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({}),
  create: () => ({ augment: (image) => image }),
});
const known = [builtIn, noise] as unknown as PluginFactory[];
const where = 'facewright.config.ts';
let baseDirectory: string;
const load = (reference: PluginReferenceInput) =>
  loadPlugin('loss', fromUser(reference), { known, baseDirectory, where });

/** The source of a plugin as another package would write it, without importing anything from this project. */
const source = (name: string, kind = 'loss', apiVersion = 1): string => `
const meta = { name: '${name}', kind: '${kind}', version: '1.0.0', apiVersion: ${apiVersion} };
const create = () => ({ made: '${name}' });
export const plugin = Object.assign((options) => ({ meta, options, create: async () => create() }), { meta, create });
`;

beforeAll(async () => {
  baseDirectory = await mkdtemp(join(tmpdir(), 'facewright plugins – ünïcode '));
  const files: Record<string, string> = {
    'local.mjs': `${source('local')}export default plugin;`,
    'typed.ts': `${source('typed').replace('(options)', '(options: object)')}export default plugin;`,
    'two.mjs': `${source('one')}${source('two').replaceAll('meta', 'meta2').replaceAll('create', 'create2').replace('const plugin', 'const other').replace('meta2,', 'meta: meta2,').replace('{ meta2', '{ meta: meta2').replaceAll('create2:', 'create:').replace('create2 })', 'create: create2 })')}`,
    'broken.mjs': 'import "./no-such-file.mjs";',
    'throws.mjs': 'throw new Error("on purpose");',
    'old.mjs': source('old', 'loss', 0),
    'model.mjs': source('a-model', 'model'),
    'nothing.mjs': 'export const x = 1;',
    'node_modules/my-loss/package.json': JSON.stringify({
      name: 'my-loss',
      type: 'module',
      exports: { '.': { default: './index.js' } },
    }),
    'node_modules/my-loss/index.js': source('from-package'),
    'node_modules/import-only/package.json': JSON.stringify({
      name: 'import-only',
      type: 'module',
      exports: { '.': { import: './index.js' } },
    }),
    'node_modules/import-only/index.js': source('import-only'),
    'node_modules/@scope/losses/package.json': JSON.stringify({
      name: '@scope/losses',
      type: 'module',
      main: './main.js',
    }),
    'node_modules/@scope/losses/main.js': source('scoped'),
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(baseDirectory, name)), { recursive: true });
    await writeFile(join(baseDirectory, name), text);
  }
});
afterAll(() => rm(baseDirectory, { recursive: true, force: true }));

test('a built-in by name, with defaults and with options', async () => {
  expect((await load('plain-loss')).options).toEqual({ scale: 64 });
  expect((await load({ name: 'plain-loss', scale: 30 })).options).toEqual({ scale: 30 });
});

test('wrong options are an error that names the plugin and the config', async () => {
  await expect(load({ name: 'plain-loss', scal: 30 })).rejects.toThrow(
    /Unknown key "scal"[^]*loss "plain-loss" in facewright\.config\.ts[^]*Did you mean "scale"/,
  );
  await expect(load({ name: 'plain-loss', scale: -1 })).rejects.toThrow(/"scale"/);
});

test.each([
  ['a JavaScript file, with a named and a default export', './local.mjs', 'local'],
  ['a TypeScript file', './typed.ts', 'typed'],
  ['a package next to the config', 'my-loss', 'from-package'],
  ['a package that can only be imported', 'import-only', 'import-only'],
  ['a scoped package', '@scope/losses', 'scoped'],
])('%s', async (_, name, expected) => {
  expect((await load(name)).meta.name).toBe(expected);
  expect((await load({ name, m: 1 })).options).toEqual({ m: 1 });
});

test('a file by its absolute path', async () =>
  expect((await load(join(baseDirectory, 'local.mjs'))).meta.name).toBe('local'));

test.each([
  [
    'an unknown name suggests the closest one',
    'plane-loss',
    /Unknown loss "plane-loss"[^]*where: facewright\.config\.ts[^]*Did you mean "plain-loss"\? Known: plain-loss/,
  ],
  ['a missing file', './no-such.mjs', /Unknown loss "\.\/no-such\.mjs"/],
  [
    'a file without a plugin',
    './nothing.mjs',
    /"\.\/nothing\.mjs" exports no plugin, so no loss[^]*where: .*nothing\.mjs/,
  ],
  [
    'a plugin of another kind',
    './model.mjs',
    /"\.\/model\.mjs" is used as a loss, but it provides model "a-model"[^]*Known plugins of kind loss: plain-loss/,
  ],
  ['a known plugin of another kind', 'noise', /"noise" is used as a loss, but it provides augmenter "noise"/],
  ['a file that imports something missing names it', './broken.mjs', /broken\.mjs" failed to load: [^]*no-such-file/],
  ['a file that throws', './throws.mjs', /throws\.mjs" failed to load: on purpose/],
  ['another API version', './old.mjs', /version 0 of the plugin API; this is version 1/],
  ['a file with two plugins', './two.mjs', /exports 2 plugins of kind loss[^]*one, two/],
])('%s', async (_, name, message) => expect(load(name)).rejects.toThrow(message));

test('importPlugins lists everything that a package or file provides', async () => {
  const names = async (name: string) =>
    (await importPlugins(fromUser(name), { baseDirectory, where })).map(({ meta }) => meta.name);
  expect(await names('./two.mjs')).toEqual(['one', 'two']);
  expect(await names('./local.mjs')).toEqual(['local']);
  expect(await names('no-such-package')).toEqual([]);
});

test('an entry of "plugins" that is missing or provides nothing is an error that says where it was looked for', async () => {
  const listed = (name: string) => importListed(fromUser(name), { baseDirectory, where });
  expect((await listed('./two.mjs')).map(({ meta }) => meta.name)).toEqual(['one', 'two']);
  await expect(listed('my-lose')).rejects.toThrow(
    /"plugins" lists "my-lose": there is no such package or file[^]*where: facewright\.config\.ts[^]*npm install my-lose/,
  );
  await expect(listed('./nothing.mjs')).rejects.toThrow(/exports no plugin[^]*where: .*nothing\.mjs/);
});
