/** Downloads are pinned, nothing is downloaded without a device, and only what runs is extracted from wheels. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { setup } from './setup.js';
import { isNeeded, VARIANTS, WHEELS } from './wheels.js';

test.each(VARIANTS)('every wheel for %s is pinned by version and hash, the plugin first', (variant) => {
  const { wheels, version } = WHEELS[variant];
  expect(wheels[0].requirement).toContain(version);
  for (const { requirement, sha256 } of wheels) {
    expect(requirement).toMatch(/^[\w-]+==[\d.]+$/);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  }
});

test.skipIf(process.platform !== 'linux' || process.arch !== 'x64' || existsSync('/proc/driver/nvidia/version'))(
  'without a driver nothing is downloaded, and the error says how to do it anyway',
  async () => {
    const cacheDirectory = await mkdtemp(join(tmpdir(), 'facewright-xla-setup-'));
    await expect(setup({ variant: 'cuda13', cacheDirectory })).rejects.toThrow(
      /no NVIDIA driver. Nothing was downloaded[^]*--without-driver/,
    );
    expect(await readdir(cacheDirectory)).toEqual([]);
    await rm(cacheDirectory, { recursive: true });
  },
);

test.each([
  ['jax_plugins/xla_cuda13/xla_cuda_plugin.so', true],
  ['jax_plugins/xla_cuda13/__init__.py', false],
  ['lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so', true],
  ['lammps_jax_pjrt_cpu-0.11.2.dist-info/licenses/LICENSE', true],
  ['lammps_jax_pjrt_cpu-0.11.2.dist-info/RECORD', false],
  ['nvidia/cu13/lib/libcudart.so.13', true],
  ['nvidia/cu13/bin/ptxas', true],
  ['nvidia/cu13/include/cuda.h', false],
  ['nvidia/cudnn/lib/libcudnn_ops.so.9', true],
])('of a wheel, %s is needed: %s', (path, needed) => expect(isNeeded(path)).toBe(needed));
