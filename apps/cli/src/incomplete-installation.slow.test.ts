/** An installation that lacks a file says so and ends; it once looked for the words of its own error for ever. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/facewright.js', import.meta.url));

/** As if no file of the core package had been installed. */
const HOOKS = `export async function resolve(name, context, next) {
  if (name !== '@facewright/core') return next(name, context);
  throw Object.assign(new Error("Cannot find package '@facewright/core'"), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
const LACKING = `
import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(HOOKS)}));`;

test.each([['doctor'], ['train', '--data', '.'], ['run', '--sample']])('%s ends with what is missing', (...args) => {
  const lacking = `data:text/javascript,${encodeURIComponent(LACKING)}`;
  const ended = spawnSync(process.execPath, ['--import', lacking, BIN, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(ended.stderr).toBe(`error: facewright cannot load all of its files: Cannot find package '@facewright/core'
  to do: Install it again (npm ci); in a checkout, build it again (npm run build).
`);
  expect(ended.status).toBe(1);
});
