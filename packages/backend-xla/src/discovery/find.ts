/** Where PJRT plugins are: the path that is named, what "facewright setup xla" made, and the wheels in Python environments. */
import { defaultCacheDirectory } from '@facewright/native-libraries';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { kindOf, KINDS, type FoundPlugin } from './known.js';
import { list, sitePackages } from './site-packages.js';

/** Of the set-ups; each is laid out as site-packages is. */
const SETUP_PREFIX = 'xla-';

/** Wheels that are not under `jax_plugins`: the library within site-packages. */
const OTHERS = ['lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so', 'libtpu/libtpu.so'];

/** The library of a JAX plugin's folder: `xla_cuda_plugin.so`, `pjrt_plugin_….so`. */
const isPluginLibrary = (name: string): boolean => /^(xla|pjrt)[\w.-]*\.so$/.test(name) && name.includes('plugin');

/** In one directory that is laid out as site-packages is. */
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

/** Accelerators before the CPU; of one kind what was set up comes first, and the newer CUDA. */
export function findPlugins(directories: readonly string[], cacheDirectory = defaultCacheDirectory()): FoundPlugin[] {
  const setups = list(cacheDirectory)
    .filter((name) => name.startsWith(SETUP_PREFIX) && !/\.(partial|lock)$/.test(name))
    .map((name) => join(cacheDirectory, name));
  const found = [...setups, ...sitePackages(directories)].flatMap(pluginsIn);
  const rank = ({ kind, cuda }: FoundPlugin): number => KINDS.indexOf(kind) * 100 - (cuda ?? 0);
  return found.sort((a, b) => rank(a) - rank(b));
}
