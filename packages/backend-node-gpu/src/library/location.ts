/** Where TensorFlow's libraries are: a directory that is named, else the one that `setup` fills. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';

/** The pinned version: wheel, libraries and checksums belong together. */
export const TENSORFLOW_VERSION = '2.21.0';
export const LIBRARIES = ['libtensorflow_framework.so.2', 'libtensorflow_cc.so.2'] as const;
export type Variant = 'cpu' | 'gpu';

export const defaultCacheDirectory = (): string => process.env.FACEWRIGHT_CACHE || envPaths('facewright', { suffix: '' }).cache;

/** Everything that `setup` makes is in here: removing it undoes the set-up. */
export const setupDirectory = (variant: Variant, cacheDirectory = defaultCacheDirectory()): string => join(cacheDirectory, `tensorflow-${variant}-${TENSORFLOW_VERSION}`);

/** The two libraries lie side by side in it. */
export const libraryDirectory = (setup: string): string => join(setup, 'tensorflow');

export const hasLibraries = (directory: string): boolean => LIBRARIES.every((name) => existsSync(join(directory, name)));

/** The directory with the libraries: the one given, else what was set up for the GPU, else for the CPU. */
export function findLibraries(given?: string): { directory: string; variant?: Variant } | undefined {
  if (given) return hasLibraries(given) ? { directory: given } : undefined;
  for (const variant of ['gpu', 'cpu'] as const) {
    const directory = libraryDirectory(setupDirectory(variant));
    if (hasLibraries(directory)) return { directory, variant };
  }
  return undefined;
}
