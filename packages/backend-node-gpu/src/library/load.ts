/**
 * Loads TensorFlow's libraries into the process once. They are never unloaded, because their threads outlive every
 * engine.
 */
import { FacewrightError, messageOf } from '@facewright/core';
import { loadKoffi } from '@facewright/native-libraries';
import type * as Koffi from 'koffi';
import { closeSync, openSync } from 'node:fs';
import { cudaLibraries, cudaToolkit } from './cuda.js';
import type { Libraries } from './location.js';
import { bindSymbols, type Symbols } from './symbols.js';

export interface Library {
  readonly directory: string;
  readonly version: string;
  readonly c: Symbols;
  /** Copies memory; typed arrays may be passed as pointers. */
  memcpy(to: unknown, from: unknown, bytes: number): void;
}

const RTLD_NOW = 0x2;
const RTLD_GLOBAL = 0x100;
const RTLD_NODELETE = 0x1000;

let loaded: Promise<Library> | undefined;
let loadedFrom: string | undefined;

/** A process can only have one TensorFlow: libraries from another directory are rejected. */
export function loadLibrary(libraries: Libraries): Promise<Library> {
  const { directory } = libraries;
  if (loaded && loadedFrom !== directory)
    throw new FacewrightError({
      what: `This process has already loaded TensorFlow from ${loadedFrom}.`,
      where: directory,
      todo: 'Use one directory per process.',
    });
  loadedFrom = directory;
  loaded ??= load(libraries);
  return loaded;
}

async function load({ directory, files, package: owner }: Libraries): Promise<Library> {
  // read when the library starts; without it oneDNN stays off on some CPUs
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // hides startup messages; errors are still printed
  const quiet = process.env.TF_CPP_MIN_LOG_LEVEL === undefined;
  if (quiet) process.env.TF_CPP_MIN_LOG_LEVEL = '2';
  const toolkit = cudaToolkit(directory);
  if (toolkit) process.env.XLA_FLAGS ??= `--xla_gpu_cuda_data_dir=${toolkit}`;
  const koffi = await loadKoffi();
  const libc = koffi.load('libc.so.6');
  const dlopen = libc.func('void *dlopen(const char *path, int flags)');
  const dlerror = libc.func('const char *dlerror()');
  const pin = (path: string): void => {
    // unloading a library with live threads would crash the process
    if (!dlopen(path, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE)) throw new Error(dlerror() as string);
  };
  try {
    for (const path of cudaLibraries(directory)) pin(path);
    // the log level has no effect yet while the library starts
    const greeted = quiet ? silenced(libc) : () => {};
    try {
      for (const path of files) pin(path);
    } finally {
      greeted();
    }
  } catch (cause) {
    throw new FacewrightError({
      what: `Cannot load TensorFlow's library: ${messageOf(cause)}.`,
      where: directory,
      todo: owner
        ? `Reinstall ${owner.split(' ')[0]}, or run "facewright setup node-gpu", which takes precedence over that package.`
        : 'Remove the directory and run "facewright setup node-gpu" again.',
      cause,
    });
  }
  koffi.struct('TF_Output', { operation: 'void *', index: 'int' });
  let c: Symbols;
  try {
    c = bindSymbols([...files].reverse().map((path) => koffi.load(path)));
  } catch (cause) {
    throw new FacewrightError({
      what: `TensorFlow's library is too old: ${messageOf(cause)}.`,
      where: directory,
      todo: 'Use 2.9 or newer; "facewright setup node-gpu" downloads one.',
      cause,
    });
  }
  const memcpy = libc.func('void *memcpy(void *to, const void *from, size_t bytes)');
  return { directory, version: c.TF_Version() as string, c, memcpy: (to, from, bytes) => void memcpy(to, from, bytes) };
}

/** Discards what C code writes to standard error until the returned function is called. */
function silenced(libc: Koffi.LibraryHandle): () => void {
  const dup = libc.func('int dup(int fd)');
  const dup2 = libc.func('int dup2(int from, int to)');
  const close = libc.func('int close(int fd)');
  const STDERR = 2;
  const kept = dup(STDERR) as number;
  if (kept < 0) return () => {};
  const nowhere = openSync('/dev/null', 'w');
  dup2(nowhere, STDERR);
  closeSync(nowhere);
  return () => {
    dup2(kept, STDERR);
    close(kept);
  };
}
