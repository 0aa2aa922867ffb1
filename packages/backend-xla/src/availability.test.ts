/** Which plugins are found where, and the diagnosis for a machine that lacks something. No library is loaded. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { availability } from './availability.js';
import { foreignCuda } from './discovery/accelerator.js';
import { findPlugins, pluginsIn } from './discovery/find.js';
import { kindOf } from './discovery/known.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facewright-xla-'));
  vi.stubEnv('FACEWRIGHT_CACHE', join(directory, 'cache'));
  vi.stubEnv('VIRTUAL_ENV', '');
  vi.stubEnv('CONDA_PREFIX', '');
  vi.stubEnv('PATH', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

async function file(...path: string[]): Promise<string> {
  const whole = join(directory, ...path);
  await mkdir(dirname(whole), { recursive: true });
  await writeFile(whole, '');
  return whole;
}
const CUDA13 = ['jax_plugins', 'xla_cuda13', 'xla_cuda_plugin.so'];
const CUDA12 = ['jax_plugins', 'xla_cuda12', 'xla_cuda_plugin.so'];
const CPU = ['lammps_jax_pjrt_cpu', 'pjrt_c_api_cpu_plugin.so'];
const SITE = ['project', '.venv', 'lib', 'python3.12', 'site-packages'];

test.each([
  ['/x/jax_plugins/xla_cuda13/xla_cuda_plugin.so', { kind: 'cuda', cuda: 13 }],
  ['/x/jax_plugins/xla_cuda12/xla_cuda_plugin.so', { kind: 'cuda', cuda: 12 }],
  ['/x/jax_plugins/xla_rocm7/xla_rocm_plugin.so', { kind: 'rocm' }],
  ['/x/libtpu/libtpu.so', { kind: 'tpu' }],
  ['/cuda/mine/pjrt_c_api_cpu_plugin.so', { kind: 'cpu' }],
  ['/x/mine/pjrt_plugin_new.so', { kind: 'other' }],
])('%s is of the kind %j', (path, kind) => expect(kindOf(path)).toEqual(kind));

test('setups come before environments, accelerators before the CPU, newer CUDA versions before older ones', async () => {
  const paths = [
    await file('cache', 'xla-cuda13-0.12.0.1', ...CUDA13),
    await file(...SITE, ...CUDA13),
    await file('cache', 'xla-cuda12-0.12.0.1', ...CUDA12),
    await file('cache', 'xla-cpu-0.11.2', ...CPU),
  ];
  await file('cache', 'xla-cuda13-0.12.0.1', 'jax_plugins', 'xla_cuda13', '__init__.py');
  const found = findPlugins([join(directory, 'project')]).filter(({ path }) => path.startsWith(directory));
  expect(found.map(({ path }) => path)).toEqual(paths);
});

test('an active environment is searched', async () => {
  const path = await file('active', 'lib', 'python3.13', 'site-packages', ...CUDA13);
  vi.stubEnv('VIRTUAL_ENV', join(directory, 'active'));
  expect(findPlugins([]).map((plugin) => plugin.path)).toContain(path);
});

test('a folder without a plugin gives none', async () => {
  await file(...SITE, 'jax_plugins', 'xla_cuda13', 'version.py');
  expect(pluginsIn(join(directory, ...SITE))).toEqual([]);
});

describe.skipIf(process.platform !== 'linux')('the diagnosis', () => {
  const inProject = (wanted: Parameters<typeof availability>[0]) => availability(wanted, [join(directory, 'project')]);

  test('a missing plugin', async () => {
    expect(await inProject({ platform: 'auto', plugin: '/nowhere/plugin.so' })).toMatchObject({
      usable: false,
      reason: '/nowhere/plugin.so does not exist',
    });
  });

  test('the CPU is only used if named', async () => {
    await file('cache', 'xla-cpu-0.11.2', ...CPU);
    expect(await inProject({ platform: 'cpu' })).toMatchObject({
      usable: true,
      emulated: true,
      device: expect.stringContaining('only by name'),
    });
  });

  test('nothing for a platform', async () => {
    expect(await inProject({ platform: 'oneapi' })).toMatchObject({
      usable: false,
      reason: expect.stringContaining('no PJRT plugin for oneapi'),
      remedy: expect.stringContaining('jax-oneapi-pjrt'),
    });
    expect(await inProject({ platform: 'rocm' })).toMatchObject({ remedy: 'facewright setup xla --rocm' });
  });
});

test('another CUDA in LD_LIBRARY_PATH is noticed', async () => {
  const other = dirname(await file('toolkit', 'lib64', 'libcudart.so.11'));
  vi.stubEnv('LD_LIBRARY_PATH', `/nowhere:${other}:`);
  expect(foreignCuda()).toEqual([other]);
});
