/** A failed setup leaves nothing behind and says what to do; a tampered wheel is rejected. */
import { mkdtemp, readdir, rm, writeFile, mkdir, chmod } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { verifySha256 } from '@facewright/native-libraries';
import { testContext } from '@facewright/testkit';
import { nodeGpu } from '../index.js';
import { setup } from './setup.js';
import { isNeeded, WHEELS } from './wheels.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facewright-setup-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

/** A `python3` that runs this script. */
async function python(script: string): Promise<void> {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'python3'), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, 'python3'), 0o755);
  vi.stubEnv('PATH', `${bin}:/bin:/usr/bin`);
}

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('set-up', () => {
  const cache = (): string => join(directory, 'cache');

  test('without pip, the error says so', async () => {
    vi.stubEnv('PATH', join(directory, 'nothing'));
    await expect(setup({ cpu: true, cacheDirectory: cache() })).rejects.toThrow(/no pip[^]*Install Python 3/);
    expect(await readdir(cache())).toEqual([]);
  });

  test("pip's own reason is shown", async () => {
    await python('echo "ERROR: No matching distribution found for tensorflow_cpu" >&2; exit 1');
    await expect(setup({ cpu: true, cacheDirectory: cache() })).rejects.toThrow(
      /No matching distribution found[^]*Configure pip/,
    );
    expect(await readdir(cache())).toEqual([]);
  });

  test('a wheel other than the pinned one is rejected before anything is extracted from it', async () => {
    await python('while [ "$1" != "--dest" ]; do shift; done; echo tampered > "$2/tensorflow_cpu-2.21.0.whl"');
    await expect(setup({ cpu: true, cacheDirectory: cache() })).rejects.toThrow(/SHA-256 is/);
    expect(await readdir(cache())).toEqual([]);
  });

  test.skipIf(existsSync('/proc/driver/nvidia/version'))(
    'for a GPU without a driver nothing is downloaded, unless requested',
    async () => {
      await python('echo "ERROR: pip was called" >&2; exit 1');

      await expect(setup({ cacheDirectory: cache() })).rejects.toThrow(/no NVIDIA driver[^]*--cpu[^]*--without-driver/);
      await expect(setup({ withoutDriver: true, cacheDirectory: cache() })).rejects.toThrow(/pip was called/);
    },
  );

  test('every wheel is pinned by version and hash', () => {
    for (const { requirement, sha256 } of Object.values(WHEELS).flatMap(({ wheels }) => wheels)) {
      expect(requirement).toMatch(/^[\w-]+==[\d.]+$/);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test('the probe says what is missing and the command that fixes it', async () => {
    vi.stubEnv('FACEWRIGHT_CACHE', cache());
    expect(await (await nodeGpu().create(testContext())).probe()).toEqual({
      usable: false,
      reason: expect.stringContaining('not set up'),
      remedy: expect.stringMatching(/^facewright setup node-gpu/),
    });
  });
});

test("a file's SHA-256 is compared with the expected one", async () => {
  const path = join(directory, 'file');
  await writeFile(path, 'abc');
  await verifySha256(path, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  await expect(verifySha256(path, 'ba7816bf')).rejects.toThrow(/not ba7816bf/);
});

test.each([
  ['tensorflow/libtensorflow_cc.so.2', true],
  ['tensorflow/python/_pywrap_tfe.so', false],
  ['nvidia/cudnn/lib/libcudnn_ops.so.9', true],
  ['nvidia/cudnn/include/cudnn.h', false],
  ['nvidia/cuda_nvcc/bin/ptxas', true],
  ['nvidia/../../etc/lib/x.so.1', false],
])('of a wheel, %s is needed: %s', (path, needed) => {
  expect(isNeeded(path)).toBe(needed);
});
