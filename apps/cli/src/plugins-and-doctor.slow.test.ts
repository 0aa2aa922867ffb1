/** `facewright plugins`, `doctor --config` and `schema` treat the parts of the config's packages like built-in ones. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { facewright, temporary } from '@facewright/test/tool';
import { beforeAll, expect, test } from 'vitest';

const ENGINE = `
const meta = { name: 'my-engine', kind: 'backend', version: '2.3.4', apiVersion: 1, description: 'an engine of tests' };
const create = () => ({ probe: async () => ({ usable: true, accelerated: true, device: 'a device' }), open: async () => { throw new Error('not opened here'); } });
export const engine = Object.assign((options = {}) => ({ meta, options, create: async () => create() }), { meta, create });
const failing = { ...meta, name: 'failing' };
const fails = () => ({ ...create(), probe: async () => { throw new TypeError('x is undefined'); } });
export const broken = Object.assign((options = {}) => ({ meta: failing, options, create: async () => fails() }), { meta: failing, create: fails });
`;

let cwd: string;
beforeAll(async () => {
  cwd = await temporary();
  await writeFile(join(cwd, 'engine.mjs'), ENGINE);
  await writeFile(join(cwd, 'facewright.config.json'), '{ "plugins": ["./engine.mjs"] } // JSON with comments');
});

test('doctor lists the engines of the config, and auto considers them', async () => {
  const { engine, engines } = (await facewright(['doctor', '--json'], { cwd })).json<{
    engine: string;
    engines: { name: string; usable: boolean; reason?: string }[];
  }>();
  expect(engine).toBe('my-engine');
  expect(engines.map(({ name }) => name)).toEqual(expect.arrayContaining(['my-engine', 'failing', 'wasm', 'cpu']));
  expect(engines.find(({ name }) => name === 'failing')).toMatchObject({
    usable: false,
    reason: 'the plugin failed: x is undefined',
  });
});

test('plugins lists the parts, where they come from and their options', async () => {
  const list = await facewright(['plugins'], { cwd });
  expect(list.stdout).toMatch(/^backend +my-engine +2\.3\.4 +\.\/engine\.mjs +an engine of tests$/m);
  expect(list.stdout).toMatch(/^loss +arcface +0\.1\.0 +@facewright\/losses/m);
  expect((await facewright(['plugins', 'arcface'], { cwd })).stdout).toMatch(/^ {2}m +default 0\.5/m);
  await writeFile(join(cwd, 'other.mjs'), ENGINE.replaceAll('my-engine', 'unlisted'));
  expect((await facewright(['plugins', './other.mjs'], { cwd })).stdout).toMatch(/^backend +unlisted +2\.3\.4 /m);
  const none = await facewright(['plugins', 'arcfase'], { cwd });
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('There is no part "arcfase" here')]);
});

test('schema includes them', async () => {
  const { stdout } = await facewright(['schema'], { cwd });
  expect(JSON.parse(stdout)).toMatchObject({
    $defs: {
      backend: { anyOf: expect.arrayContaining([{ enum: expect.arrayContaining(['auto', 'my-engine', 'wasm']) }]) },
    },
  });
});
