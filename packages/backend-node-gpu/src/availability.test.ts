/**
 * Diagnoses for machines with and without a GPU, its driver, a setup, or tfjs-node: each missing thing and its fix. No
 * library is loaded.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { nvidiaDriver, type Driver } from '@facewright/native-libraries';
import { availability, findLibraries } from './availability.js';
import { missingCuda } from './library/cuda.js';
import { libraryDirectory, setupDirectory, type Variant } from './library/location.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facewright-available-'));
  vi.stubEnv('FACEWRIGHT_CACHE', join(directory, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

async function file(...path: string[]): Promise<void> {
  const whole = join(...path);
  await mkdir(dirname(whole), { recursive: true });
  await writeFile(whole, '');
}

const libraryOf = (variant: Variant): string => libraryDirectory(setupDirectory(variant));
async function setUp(variant: Variant, without?: string): Promise<void> {
  for (const name of ['libtensorflow_framework.so.2', 'libtensorflow_cc.so.2']) await file(libraryOf(variant), name);
  if (variant === 'cpu') return;
  const parts = [
    'cuda_runtime/lib/libcudart.so.12',
    'nvjitlink/lib/libnvJitLink.so.12',
    'cublas/lib/libcublasLt.so.12',
    'cublas/lib/libcublas.so.12',
    'cusparse/lib/libcusparse.so.12',
    'cusolver/lib/libcusolver.so.11',
    'cufft/lib/libcufft.so.11',
    'curand/lib/libcurand.so.10',
    'cuda_nvrtc/lib/libnvrtc.so.12',
    'cuda_cupti/lib/libcupti.so.12',
    'nccl/lib/libnccl.so.2',
    'cudnn/lib/libcudnn.so.9',
    'cudnn/lib/libcudnn_ops.so.9',
    'cudnn/lib/libcudnn_cnn.so.9',
    'cudnn/lib/libcudnn_graph.so.9',
    'cuda_nvcc/bin/ptxas',
    'cuda_nvcc/nvvm/libdevice/libdevice.10.bc',
  ];
  for (const part of parts)
    if (!without || !part.endsWith(without)) await file(libraryOf(variant), '..', 'nvidia', part);
}

async function install(name: string, version: string, withLibrary: boolean): Promise<string> {
  const at = join(directory, 'project', 'node_modules', name);
  await file(at, 'package.json');
  await writeFile(join(at, 'package.json'), JSON.stringify({ name, version }));
  const library = join(at, 'deps', 'lib');
  if (withLibrary) for (const part of ['libtensorflow_framework.so.2', 'libtensorflow.so.2']) await file(library, part);
  return library;
}

const DRIVER: Driver = { name: 'NVIDIA driver 580.65' };
const asked = (device: 'auto' | 'cpu' | 'gpu', gpu?: Driver) =>
  availability({ device, memoryGrowth: true }, { directories: [join(directory, 'project')], driver: async () => gpu });

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('availability', () => {
  test('nothing is set up: the command depends on the driver', async () => {
    expect(await asked('auto')).toMatchObject({
      usable: false,
      reason: expect.stringContaining('is not set up'),
      remedy: 'facewright setup node-gpu --cpu',
    });
    expect(await asked('auto', DRIVER)).toMatchObject({
      usable: false,
      deviceFound: true,
      remedy: 'facewright setup node-gpu',
    });
    expect(await asked('gpu')).toMatchObject({
      usable: false,
      reason: expect.stringMatching(/not set up; there is no NVIDIA driver/),
      remedy: expect.stringMatching(/^facewright setup node-gpu; then Install NVIDIA's driver/),
    });
  });

  test('a machine without a GPU lacks nothing on the CPU', async () => {
    await setUp('cpu');
    expect(await asked('auto')).toEqual({ usable: true, device: 'TensorFlow 2.21.0, CPU', accelerated: false });
  });

  test('an unused GPU is reported, with the command to use it', async () => {
    await setUp('cpu');
    expect(await asked('auto', DRIVER)).toEqual({
      usable: true,
      device: 'TensorFlow 2.21.0, CPU',
      accelerated: false,
      reason: 'TensorFlow is set up for the CPU only',
      remedy: 'facewright setup node-gpu',
    });
    expect(await asked('gpu', DRIVER)).toMatchObject({
      usable: false,
      reason: 'TensorFlow is set up for the CPU only',
    });
    expect(await asked('cpu', DRIVER)).toEqual({ usable: true, device: 'TensorFlow 2.21.0, CPU', accelerated: false });
  });

  test('with driver and libraries the GPU is used', async () => {
    await setUp('gpu');
    expect(missingCuda(libraryOf('gpu'))).toEqual([]);
    expect(await asked('auto', DRIVER)).toEqual({
      usable: true,
      device: 'TensorFlow 2.21.0, NVIDIA driver 580.65',
      accelerated: true,
    });
  });

  test('each missing thing is named, with its fix', async () => {
    await setUp('gpu', 'libcublas.so.12');
    const remedy = `rm -r '${setupDirectory('gpu')}' && facewright setup node-gpu`;
    expect(await asked('auto', DRIVER)).toMatchObject({
      usable: true,
      accelerated: false,
      reason: 'the setup lacks libcublas.so.12',
      remedy,
    });
    expect(await asked('gpu', { ...DRIVER, problem: 'the driver is too old', remedy: 'Update it.' })).toEqual({
      usable: false,
      reason: 'the driver is too old; the setup lacks libcublas.so.12',
      remedy: `Update it; then ${remedy}`,
    });
  });

  test('finds an installed tfjs-node from the project, the GPU version first, and after a setup', async () => {
    const found = () => findLibraries({ device: 'auto' }, [join(directory, 'project', 'src')]);
    expect(found()).toBeUndefined();
    const empty = await install('@tensorflow/tfjs-node-gpu', '4.22.0', false);
    expect(found()).toEqual({ package: '@tensorflow/tfjs-node-gpu 4.22.0', directory: empty });
    expect(await asked('auto')).toMatchObject({
      usable: false,
      reason: expect.stringMatching(/tfjs-node-gpu 4\.22\.0 is installed without its library/),
      remedy: 'facewright setup node-gpu --cpu',
    });
    const cpu = await install('@tensorflow/tfjs-node', '4.21.0', true);
    expect(found()).toMatchObject({ package: '@tensorflow/tfjs-node 4.21.0', directory: cpu });
    const gpu = await install('@tensorflow/tfjs-node-gpu', '4.22.0', true);
    expect(found()).toEqual({
      package: '@tensorflow/tfjs-node-gpu 4.22.0',
      directory: gpu,
      files: [join(gpu, 'libtensorflow_framework.so.2'), join(gpu, 'libtensorflow.so.2')],
    });
    await setUp('cpu');
    expect(found()).toMatchObject({ variant: 'cpu' });
  });

  test('a library that does not load is the reason, and its package is named', async () => {
    await install('@tensorflow/tfjs-node', '4.22.0', true);
    expect(await asked('auto')).toMatchObject({
      usable: false,
      reason: expect.stringMatching(/Cannot load .*\(@tensorflow\/tfjs-node 4\.22\.0\)/),
      remedy: 'facewright setup node-gpu --cpu',
    });
  });
});

describe('the driver', () => {
  const seen = async (text: string | undefined, loads: boolean, device = false) => {
    const version = join(directory, 'version');
    if (text !== undefined) await writeFile(version, text);
    if (device) await file(directory, 'nvidiactl');
    return nvidiaDriver(12, {
      version,
      device: join(directory, 'nvidiactl'),
      loads: async (name) => name === 'libcuda.so.1' && loads,
    });
  };
  const kernel = (version: string): string =>
    `NVRM version: NVIDIA UNIX x86_64 Kernel Module  ${version}  Wed Jul  2 00:00:00 UTC 2025\nGCC version: 12\n`;

  test('none', async () => expect(await seen(undefined, true)).toBeUndefined());
  test('one that works', async () =>
    expect(await seen(kernel('580.65.06'), true)).toEqual({ name: 'NVIDIA driver 580.65.06' }));
  test('known only by its device, as in some containers', async () =>
    expect(await seen(undefined, true, true)).toEqual({ name: 'NVIDIA driver' }));
  test('without its library', async () =>
    expect(await seen(kernel('580.65.06'), false)).toMatchObject({
      problem: expect.stringContaining('libcuda.so.1'),
      remedy: expect.stringContaining('--gpus all'),
    }));
  test('too old', async () =>
    expect(await seen(kernel('470.82.01'), true)).toMatchObject({
      problem: expect.stringContaining('older than 525.60'),
    }));
});
