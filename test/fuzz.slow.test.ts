/**
 * Every parser of untrusted bytes against a few thousand mutants, of which `npm run fuzz` makes more; and the fuzzer itself against parsers that are broken in each
 * way it looks for.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const fuzz = (...options: string[]) =>
  spawnSync(process.execPath, [fileURLToPath(new URL('fuzz/fuzz.mjs', import.meta.url)), ...options], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });

test('the fuzzer notices every kind of fault', { timeout: 120_000 }, () => {
  const { status, stderr, stdout } = fuzz('--targets', 'broken-parsers.mjs', '--mutants', '16');
  const problems = Object.fromEntries(
    [...stderr.matchAll(/^([\w-]+), mutant \d+: (.*)/gm)].map(([, name, what]) => [name, what]),
  );
  expect(problems).toEqual({
    throws: expect.stringContaining('not an error of ours: TypeError') as string,
    'throws-later': expect.stringContaining('not an error of ours: TypeError') as string,
    exits: 'the process ended (7)',
    loops: expect.stringMatching(/^[2-9]\.\d s of processor time$/) as string,
    allocates: expect.stringMatching(/^\d+ MB of memory$/) as string,
    'writes-outside': 'files outside: outside',
    'writes-beside': 'files outside: beside',
  });
  expect(stdout).toMatch(/^refuses +2 mutants, 0 failures/m);
  expect(status).toBe(1);
});

test('5,000 mutants break nothing', { timeout: 300_000 }, () => {
  const { status, stderr, stdout } = fuzz('--mutants', '5000');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/5\d\d\d mutants of seed 1: 0 failures/);
  expect(status).toBe(0);
});
