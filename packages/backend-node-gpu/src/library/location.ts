/** Finds TensorFlow's libraries: in a given directory, or else from `setup`, or else from an installed tfjs-node. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { defaultCacheDirectory } from '@facewright/native-libraries';

/** The version that `setup` downloads, pinned together with the wheel, libraries and checksums. */
export const TENSORFLOW_VERSION = '2.21.0';
/** The CUDA version it is built for. */
export const CUDA = 12;
const FRAMEWORK = 'libtensorflow_framework.so.2';
/**
 * Names of the library with the C API: in the PyPI wheel, and in TensorFlow's own C archive, which tfjs-node downloads.
 */
const MAIN = ['libtensorflow_cc.so.2', 'libtensorflow.so.2'] as const;
/** Files extracted from the wheel. */
export const WHEEL_LIBRARIES: readonly string[] = [FRAMEWORK, MAIN[0]];
export type Variant = 'cpu' | 'gpu';

export interface Libraries {
  readonly directory: string;
  /** In loading order. */
  readonly files: readonly string[];
  /** For a setup; unknown for other libraries until they are loaded. */
  readonly variant?: Variant;
  /** Their package, e.g. "@tensorflow/tfjs-node 4.22.0". */
  readonly package?: string;
}

/** An installed tfjs-node without its library: npm was told not to run scripts, or the download failed. */
export interface EmptyInstall {
  readonly package: string;
  readonly directory: string;
}

/** Contains everything that `setup` creates: deleting it undoes the setup. */
export const setupDirectory = (variant: Variant, cacheDirectory = defaultCacheDirectory()): string =>
  join(cacheDirectory, `tensorflow-${variant}-${TENSORFLOW_VERSION}`);

/** All libraries are next to each other in it. */
export const libraryDirectory = (setup: string): string => join(setup, 'tensorflow');

export function librariesIn(directory: string): Libraries | undefined {
  const main = MAIN.find((name) => existsSync(join(directory, name)));
  return main && existsSync(join(directory, FRAMEWORK))
    ? { directory, files: [join(directory, FRAMEWORK), join(directory, main)] }
    : undefined;
}

/** The existing setup, GPU before CPU. */
export function findSetup(variants: readonly Variant[] = ['gpu', 'cpu']): Libraries | undefined {
  for (const variant of variants) {
    const found = librariesIn(libraryDirectory(setupDirectory(variant)));
    if (found) return { ...found, variant };
  }
  return undefined;
}

const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/**
 * The tfjs-node that a module in one of these directories would import, the GPU version first; one with its library
 * before one without.
 */
export function findInstall(directories: readonly string[]): Libraries | EmptyInstall | undefined {
  let empty: EmptyInstall | undefined;
  for (const name of PACKAGES) {
    for (const base of new Set(directories.map((directory) => resolve(directory)))) {
      const manifest = resolved(`${name}/package.json`, base);
      if (!manifest) continue;
      const directory = join(dirname(manifest), 'deps', 'lib');
      const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
      const found = librariesIn(directory);
      if (found) return { ...found, package: `${name} ${version}` };
      empty ??= { package: `${name} ${version}`, directory };
    }
  }
  return empty;
}

function resolved(path: string, from: string): string | undefined {
  try {
    return createRequire(join(from, 'from-here.js')).resolve(path);
  } catch {
    return undefined;
  }
}
