/** Whether a plugin's device may exist. Looks for drivers and loads nothing. */
import { nvidiaDriver } from '@facewright/native-libraries';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { FoundPlugin } from './known.js';
import { list } from './site-packages.js';

export interface Problem {
  readonly reason: string;
  readonly remedy: string;
}

const SETUP = 'facewright setup xla';

/** What is missing for the plugin's device; undefined if no problem is known. */
export async function problemOf(plugin: FoundPlugin): Promise<Problem | undefined> {
  if (plugin.kind === 'cuda') return cudaProblem(plugin);
  if (plugin.kind === 'rocm' && !existsSync('/dev/kfd'))
    return {
      reason: 'there is no AMD GPU driver (no /dev/kfd)',
      remedy: 'Install ROCm 7 and its driver (amdgpu-install).',
    };
  if (plugin.kind === 'oneapi' && list('/dev/dri').length === 0)
    return { reason: 'there is no Intel GPU driver (no /dev/dri)', remedy: "Install Intel's GPU driver and oneAPI." };
  if (plugin.kind === 'tpu' && !list('/dev').some((name) => /^(accel\d+|vfio)$/.test(name)))
    return { reason: 'there is no TPU', remedy: 'Use another engine.' };
  return undefined;
}

async function cudaProblem({ cuda = 13, from }: FoundPlugin): Promise<Problem | undefined> {
  const driver = await nvidiaDriver(cuda);
  if (!driver)
    return {
      reason: 'there is no NVIDIA driver',
      remedy: `Install NVIDIA's driver for CUDA ${cuda} and start again; a container needs "--gpus all".`,
    };
  if (driver.problem) return { reason: driver.problem, remedy: driver.remedy! };
  // a plugin that the user named may have its libraries anywhere
  const missing = from === undefined ? [] : missingCuda(from, cuda);
  if (missing.length === 0) return undefined;
  return {
    reason: `the plugin in ${from} lacks ${missing.join(', ')}`,
    remedy: `${SETUP} --cuda${cuda}`,
  };
}

/**
 * What a CUDA plugin opens by name, in loading order, and the folder in NVIDIA's wheels that contains it; for CUDA 13
 * the toolkit's wheels share one.
 */
const NEEDED: Readonly<Record<12 | 13, readonly (readonly [folder: string, ...names: string[]])[]>> = {
  13: [
    ['cu13', 'libcudart.so.13', 'libnvrtc.so.13', 'libnvJitLink.so.13', 'libcublasLt.so.13', 'libcublas.so.13'],
    ['cu13', 'libcusparse.so.12', 'libcusolver.so.12', 'libcufft.so.12', 'libcupti.so.13'],
    ['nccl', 'libnccl.so.2'],
    ['nvshmem', 'libnvshmem_host.so.3'],
    ['cudnn', 'libcudnn.so.9'],
  ],
  12: [
    ['cuda_runtime', 'libcudart.so.12'],
    ['cuda_nvrtc', 'libnvrtc.so.12'],
    ['nvjitlink', 'libnvJitLink.so.12'],
    ['cublas', 'libcublasLt.so.12', 'libcublas.so.12'],
    ['cusparse', 'libcusparse.so.12'],
    ['cusolver', 'libcusolver.so.11'],
    ['cufft', 'libcufft.so.11'],
    ['cuda_cupti', 'libcupti.so.12'],
    ['nccl', 'libnccl.so.2'],
    ['nvshmem', 'libnvshmem_host.so.3'],
    ['cudnn', 'libcudnn.so.9'],
  ],
};

const libraryPaths = (directory: string, cuda: 12 | 13): string[] =>
  NEEDED[cuda].flatMap(([folder, ...names]) => names.map((name) => join(directory, 'nvidia', folder, 'lib', name)));

/** Names of the libraries that are not next to the plugin. */
const missingCuda = (directory: string, cuda: 12 | 13): string[] =>
  libraryPaths(directory, cuda)
    .filter((path) => !existsSync(path))
    .map((path) => path.slice(path.lastIndexOf('/') + 1));

/**
 * Paths of NVIDIA's libraries next to a plugin, to load before it: whatever the search path, it finds those already in
 * the process.
 */
export function librariesBeside({ kind, cuda = 13, from }: FoundPlugin): string[] {
  if (kind !== 'cuda' || from === undefined) return [];
  return libraryPaths(from, cuda).filter((path) => existsSync(path));
}

/** Where XLA finds NVIDIA's assembler and its library of device functions. */
export function cudaToolkit({ kind, cuda = 13, from }: FoundPlugin): string | undefined {
  if (kind !== 'cuda' || from === undefined) return undefined;
  const directory = join(from, 'nvidia', cuda === 13 ? 'cu13' : 'cuda_nvcc');
  return existsSync(join(directory, 'bin', 'ptxas')) ? directory : undefined;
}

/** Directories in `LD_LIBRARY_PATH` with another CUDA, which a plugin might load instead of its own. */
export const foreignCuda = (): string[] =>
  (process.env.LD_LIBRARY_PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory && list(directory).some((name) => /^lib(cudart|cudnn|cublas)\.so/.test(name)));
