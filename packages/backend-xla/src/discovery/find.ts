/** Finds PJRT plugins: at a given path, from "facewright setup xla", and in wheels in Python environments. */
import { defaultCacheDirectory } from '@facewright/native-libraries';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { kindOf, KINDS, type FoundPlugin } from './known.js';
import { list, sitePackages } from './site-packages.js';

/** Prefix of the setups; each has the layout of site-packages. */
const SETUP_PREFIX = 'xla-';

/** Wheels that are not under `jax_plugins`: the library's path within site-packages. */
const OTHERS = ['lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so', 'libtpu/libtpu.so'];

/** The library in a JAX plugin's folder: `xla_cuda_plugin.so`, `pjrt_plugin_….so`. */
const isPluginLibrary = (name: string): boolean => /^(xla|pjrt)[\w.-]*\.so$/.test(name) && name.includes('plugin');

/** The plugins in one directory with the layout of site-packages. */
export function pluginsIn(directory: string): FoundPlugin[] {
  const jax = join(directory, 'jax_plugins');
  const paths = [
    ...list(jax).flatMap((folder) =>
      list(join(jax, folder))
        .filter(isPluginLibrary)
        .map((name) => join(jax, folder, name)),
    ),
    ...OTHERS.map((path) => join(directory, path)).filter((path) => existsSync(path)),
  ];
  return paths.map((path) => ({ path, ...kindOf(path), from: directory }));
}

/** Accelerators before the CPU; within a kind, setups first, then the newer CUDA. */
export function findPlugins(directories: readonly string[], cacheDirectory = defaultCacheDirectory()): FoundPlugin[] {
  const setups = list(cacheDirectory)
    .filter((name) => name.startsWith(SETUP_PREFIX) && !/\.(partial|lock)$/.test(name))
    .map((name) => join(cacheDirectory, name));
  const found = [...setups, ...sitePackages(directories)].flatMap(pluginsIn);
  const rank = ({ kind, cuda }: FoundPlugin): number => KINDS.indexOf(kind) * 100 - (cuda ?? 0);
  return found.sort((a, b) => rank(a) - rank(b));
}
