/**
 * On startup the tool loads only what the command line needs. Counts modules, because times mean little on a busy
 * machine.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LAYOUT_NAMES } from '@facewright/convert';
import { PLUGIN_KINDS } from '@facewright/core';
import { TARGETS as DATASET_TARGETS } from '@facewright/datasets';
import { expect, test } from 'vitest';
import { LAYOUTS } from './commands/import.js';
import { TARGETS } from './commands/dataset.js';
import { KINDS } from './commands/plugins.js';

/** Allowed from other packages: what a launcher says, and the names of the presets. */
const LIGHT = ['cluster-mpi/dist/launch.js', 'run/dist/presets/names.js'];

const BIN = fileURLToPath(new URL('../bin/facewright.js', import.meta.url));

/** Prints the URL of every imported module and, at the end, of every required file to standard error. */
const HOOKS = `export async function load(url, context, next) { process._rawDebug('LOADED ' + url); return next(url, context); }`;
const COUNTING = `
import { createRequire, register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(HOOKS)}));
process.on('exit', () => Object.keys(createRequire('/').cache).forEach((path) => process._rawDebug('LOADED file://' + path)));`;

async function start(...args: string[]): Promise<{ code: number | null; text: string; modules: string[] }> {
  const counting = `data:text/javascript,${encodeURIComponent(COUNTING)}`;
  const child = spawn(process.execPath, ['--import', counting, BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (text += part.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const lines = text.split('\n');
  const modules = new Set(lines.flatMap((line) => /^LOADED (file:.*)/.exec(line)?.[1] ?? []));
  return { code, text: lines.filter((line) => !line.startsWith('LOADED')).join('\n'), modules: [...modules] };
}

test.each([
  [['--help'], 0, 'Usage: facewright'],
  [['run', '--help'], 0, 'facewright run --sample'],
  [['evaluate', '--help'], 0, 'facewright evaluate --model'],
  [['train', '--no-such-option'], 1, "unknown option '--no-such-option'"],
  [['export', '--format', 'doc'], 1, 'Allowed choices are onnx, tfjs'],
  [['run', '--data', 'nowhere'], 1, 'There is no such file or folder'],
  [['evaluate', '--model', 'nowhere'], 1, 'There is no such file or folder'],
])('facewright %j loads only the command line', async (args, code, says) => {
  const started = await start(...args);
  expect(started.text).toContain(says);
  expect(started.code).toBe(code);
  const foreign = started.modules.filter((url) => !/\/apps\/cli\/|\/commander\//.test(url));
  expect(foreign.map((url) => url.replace(/.*\/packages\//, '')).sort()).toEqual(LIGHT);
  expect(started.modules.length).toBeLessThan(45);
});

/** An error in a config costs `zod`, and one in a model the parts that it may name. */
const PARTS = 890;
test.each([
  [['train', '--data', '.'], 'This is not a prepared dataset', 340],
  [['run'], 'No data was given', 340],
  [['prepare', '--out', 'x'], 'No data was given', 340],
  [['evaluate', '--model', '.'], 'There is nothing to evaluate on', 340],
  [['identify', '--model', '.', '--gallery', '.'], 'There is nothing to identify', 340],
  [['export', '--model', '.', '--format', 'onnx', '--out', 'x'], 'There is no trained model here', PARTS],
])('the error of facewright %j comes without image libraries, YAML and engines', async (args, says, most) => {
  const { text, code, modules } = await start(...args);
  expect(text).toContain(says);
  expect(code).toBe(1);
  const late = /\/node_modules\/(sharp|yaml|onnxruntime-node|semver|@tensorflow\/tfjs-backend-[^/]+)\//;
  expect(modules.filter((url) => late.test(url))).toEqual([]);
  expect(modules.length).toBeLessThan(most);
});

test('choices listed separately match those of the packages', () => {
  expect([...LAYOUTS]).toEqual([...LAYOUT_NAMES]);
  expect([...TARGETS]).toEqual([...DATASET_TARGETS]);
  expect([...KINDS]).toEqual([...PLUGIN_KINDS]);
});
