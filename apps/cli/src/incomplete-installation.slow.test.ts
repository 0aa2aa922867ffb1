/** An installation that lacks a file or its native libraries says so, and ends; doctor starts, and says what to do. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/facewright.js', import.meta.url));

/** Starts the tool after this code has run. */
function start(preload: string, ...args: string[]) {
  return spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, BIN, ...args],
    {
      encoding: 'utf8',
      timeout: 60_000,
    },
  );
}

/** As if no file of the core package had been installed. */
const HOOKS = `export async function resolve(name, context, next) {
  if (name !== '@facewright/core') return next(name, context);
  throw Object.assign(new Error("Cannot find package '@facewright/core'"), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
const LACKING = `
import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(HOOKS)}));`;

test.each([['doctor'], ['train', '--data', '.'], ['run', '--sample']])('%s ends with what is missing', (...args) => {
  const ended = start(LACKING, ...args);
  expect(ended.stderr).toBe(`error: facewright cannot load all of its files: Cannot find package '@facewright/core'
  to do: Install it again (npm ci); in a checkout, build it again (npm run build).
`);
  expect(ended.status).toBe(1);
});

/** As if npm had left out every optional package with a native library. */
const NO_LIBRARIES = `
import Module from 'node:module';
const resolve = Module._resolveFilename;
Module._resolveFilename = (name, ...more) => {
  if (!/^@img\\/|\\.node$/.test(name)) return resolve.call(Module, name, ...more);
  throw Object.assign(new Error('Cannot find module ' + name), { code: 'MODULE_NOT_FOUND' });
};
process.dlopen = (module, path) => { throw new Error(path + ' is not there'); };`;

test('without native libraries doctor starts, and says of each what is missing and how to have it', () => {
  const { stdout, status } = start(NO_LIBRARIES, 'doctor', '--json');
  const { ok, engines, checks } = JSON.parse(stdout) as Record<'engines' | 'checks', object[]> & { ok: boolean };
  const found = Object.fromEntries(
    ([...engines, ...checks] as { name: string }[]).map(({ name, ...rest }) => [name, rest]),
  );
  expect([ok, status]).toEqual([false, 1]);
  expect(found['images (sharp)']).toMatchObject({
    usable: false,
    reason: expect.stringContaining('Could not load the "sharp" module'),
    remedy: 'npm install --include=optional sharp',
  });
  expect(found.onnx).toMatchObject({
    usable: false,
    reason: expect.stringContaining('cannot load onnxruntime'),
    remedy: expect.stringContaining('npm install'),
  });
  expect(found.webgpu).toMatchObject({ usable: false, remedy: expect.any(String) });
  expect(found['several processes (mpi)']).toMatchObject({ usable: false, remedy: expect.any(String) });
  expect(found['JPEG decoder']).toMatchObject({ usable: true, device: expect.stringMatching(/^WebAssembly/) });
  expect(found.wasm).toMatchObject({ usable: true });
});

test('a command that needs sharp names it, and the command that brings it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'facewright without sharp '));
  try {
    for (const json of [false, true]) {
      const args = ['run', '--sample', '--out', join(directory, 'run'), ...(json ? ['--json'] : [])];
      const { stdout, stderr, status } = start(NO_LIBRARIES, ...args);
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /error: sharp, which reads and writes images, has no library for \S+ here[^\n]*\n {2}to do: npm install --include=optional sharp\n$/,
      );
      if (json) expect(JSON.parse(stdout)).toMatchObject({ error: { todo: 'npm install --include=optional sharp' } });
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});
