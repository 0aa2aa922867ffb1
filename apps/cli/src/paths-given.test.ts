/** A path that does not exist is an error before anything is loaded: what, where, what to do, for every command. */
import { resolve } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createProgram } from './program.js';

const exitCode = process.exitCode;
const columns = Object.getOwnPropertyDescriptor(process.stderr, 'columns');
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = exitCode;
  Object.defineProperty(process.stderr, 'isTTY', { value: false, configurable: true });
  if (columns) Object.defineProperty(process.stderr, 'columns', columns);
});

async function told(line: string) {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((text) => ((texts[name] += String(text)), true));
  await createProgram().parseAsync(['node', 'facewright', ...line.split(' ')]);
  return { ...texts, code: process.exitCode };
}

test.each([
  ['run --data nowhere', '--data: folder with one subfolder per person'],
  ['run --sample --config nowhere', '--config: config file'],
  ['run --data . --from nowhere', '--from: fine-tune'],
  ['train --data nowhere', '--data: dataset directory made by "prepare"'],
  ['train --data . --edits nowhere', '--edits: photos to leave out'],
  ['prepare --data nowhere --out x', '--data: folder with one subfolder per person'],
  ['evaluate --model nowhere --data .', '--model: model directory, or a run'],
  ['evaluate --model . --pairs nowhere --images .', "--pairs: LFW's pairs.txt"],
  ['export --model nowhere --format onnx --out x', '--model: model directory, or a run'],
  ['identify a.jpg --model . --gallery nowhere', '--gallery: a folder with one subfolder per person'],
  ['embed a.jpg --model nowhere --out x.npy', '--model: model directory'],
  ['clean --data . --model . --against nowhere', '--against: a benchmark'],
  ['import nowhere --out x', 'the path: PyTorch checkpoint'],
  ['dataset info nowhere', 'the path: a prepared dataset'],
  ['dataset merge . nowhere --out x', 'the path: the directories of the parts'],
  ['compare . nowhere', 'the path: run directories'],
  ['studio nowhere', 'the path: a run directory'],
])('facewright %s', async (line, advice) => {
  const { stdout, stderr, code } = await told(line);
  expect([stdout, code]).toEqual(['', 1]);
  const [what, where, todo, ...more] = stderr.split('\n');
  expect([what, where, more]).toEqual([
    'error: There is no such file or folder.',
    `  where: ${resolve('nowhere')}`,
    [''],
  ]);
  expect(todo).toContain(`  to do: Check ${advice}`);
});

test('prepare takes no prepared dataset, and does not advise to give one', async () => {
  const advice = async (command: string): Promise<string> => (await told(`${command} --data nowhere --out x`)).stderr;
  expect(await advice('prepare')).not.toContain('prepared dataset');
  expect(await advice('run')).toContain('prepared dataset');
});

test('with --json the error is the only document', async () => {
  const { stdout } = await told('train --data nowhere --json');
  expect(JSON.parse(stdout)).toEqual({
    error: {
      what: 'There is no such file or folder.',
      where: resolve('nowhere'),
      todo: 'Check --data: dataset directory made by "prepare".',
    },
  });
});

test('on a terminal no line is wider than it, except for a path', async () => {
  Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
  Object.defineProperty(process.stderr, 'columns', { value: 60, configurable: true });
  const { stderr } = await told('run --data nowhere');
  const lines = stderr.split('\n').filter((line) => !line.includes('where:'));
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(60);
  expect(lines[2]).toMatch(/^ {4}\S/);
});
