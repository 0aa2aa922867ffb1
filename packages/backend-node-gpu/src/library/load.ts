/** Loads TensorFlow's libraries into the process, once: what is loaded stays, since its threads outlive every engine. */
import { FacewrightError, messageOf } from '@facewright/core';
import type * as Koffi from 'koffi';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LIBRARIES } from './location.js';
import { bindSymbols, type Symbols } from './symbols.js';

export interface Library {
  readonly directory: string;
  readonly version: string;
  readonly c: Symbols;
  /** Copies memory; typed arrays may stand for their own. */
  memcpy(to: unknown, from: unknown, bytes: number): void;
}

const RTLD_NOW = 0x2;
const RTLD_GLOBAL = 0x100;
const RTLD_NODELETE = 0x1000;

let loaded: Promise<Library> | undefined;
let loadedFrom: string | undefined;

/** `directory` holds both libraries. A process has one TensorFlow: another directory is refused. */
export function loadLibrary(directory: string): Promise<Library> {
  if (loaded && loadedFrom !== directory) throw new FacewrightError({ what: `This process has TensorFlow from ${loadedFrom} already.`, where: directory, todo: 'Use one directory in a process.' });
  loadedFrom = directory;
  loaded ??= load(directory);
  return loaded;
}

async function load(directory: string): Promise<Library> {
  // read when the library starts: without it oneDNN stays off on some CPUs
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // no greetings; errors are still printed
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const koffi = await loadKoffi();
  const libc = koffi.load('libc.so.6');
  const dlopen = libc.func('void *dlopen(const char *path, int flags)');
  const dlerror = libc.func('const char *dlerror()');
  const pin = (path: string): void => {
    // a library that is unloaded while its threads live takes the process with it
    if (!dlopen(path, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE)) throw new Error(dlerror() as string);
  };
  try {
    for (const path of cudaLibraries(directory)) pin(path);
    for (const name of LIBRARIES) pin(join(directory, name));
  } catch (cause) {
    throw new FacewrightError({ what: `TensorFlow's library cannot be loaded: ${messageOf(cause)}.`, where: directory, todo: 'Remove the directory and run "facewright setup node-gpu" again.', cause });
  }
  koffi.struct('TF_Output', { operation: 'void *', index: 'int' });
  const c = bindSymbols([...LIBRARIES].reverse().map((name) => koffi.load(join(directory, name))));
  const memcpy = libc.func('void *memcpy(void *to, const void *from, size_t bytes)');
  return { directory, version: c.TF_Version() as string, c, memcpy: (to, from, bytes) => void memcpy(to, from, bytes) };
}

/** koffi is optional: a platform without its binary has the other engines. */
export async function loadKoffi(): Promise<typeof Koffi> {
  return (await import('koffi')).default as unknown as typeof Koffi;
}

/**
 * CUDA's libraries as `pip` lays them out beside TensorFlow (`nvidia/<part>/lib`). TensorFlow opens them by name when a context is made;
 * what is in the process by then is found, whatever the search path is. Order: what others need comes first.
 */
function cudaLibraries(directory: string): string[] {
  const root = join(directory, '..', 'nvidia');
  if (!existsSync(root)) return [];
  const parts = ['cuda_runtime', 'nvjitlink', 'cublas', 'cusparse', 'cusolver', 'cufft', 'curand', 'cuda_nvrtc', 'cuda_cupti', 'nccl', 'cudnn'];
  return parts.flatMap((part) => {
    const folder = join(root, part, 'lib');
    if (!existsSync(folder)) return [];
    // within cuBLAS the light part comes first, and cuDNN's own parts find each other beside `libcudnn`
    const names = readdirSync(folder).filter((name) => /\.so\.\d+$/.test(name) && (part !== 'cudnn' || name.startsWith('libcudnn.so')));
    return names.sort((a, b) => Number(b.includes('Lt')) - Number(a.includes('Lt'))).map((name) => join(folder, name));
  });
}
