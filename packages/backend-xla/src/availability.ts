/** Which plugin to use here; and for everything missing, the command that fixes it. */
import { messageOf, type Availability } from '@facewright/core';
import { loadKoffi, nvidiaDriver } from '@facewright/native-libraries';
import { existsSync } from 'node:fs';
import { foreignCuda, problemOf } from './discovery/accelerator.js';
import { findPlugins } from './discovery/find.js';
import { kindOf, type FoundPlugin, type Kind } from './discovery/known.js';

export interface Wanted {
  /** The plugin's library. */
  readonly plugin?: string;
  readonly platform: Kind | 'auto';
}

/** The plugin to use: the named one, or else the first whose device may exist, with its problem if there is one. */
export async function choosePlugin(
  { plugin, platform }: Wanted,
  directories: readonly string[],
): Promise<{ plugin?: FoundPlugin; reason?: string; remedy?: string }> {
  if (plugin !== undefined) {
    const named = { path: plugin, ...kindOf(plugin) };
    return existsSync(plugin)
      ? { plugin: named, ...(await problemOf(named)) }
      : {
          reason: `${plugin} does not exist`,
          remedy: 'Give the path of a PJRT plugin\'s library, or remove "plugin".',
        };
  }
  const found = findPlugins(directories).filter(({ kind }) => platform === 'auto' || kind === platform);
  const problems = [];
  for (const candidate of found) {
    const problem = await problemOf(candidate);
    if (!problem) return { plugin: candidate };
    problems.push({ plugin: candidate, ...problem });
  }
  return problems[0] ?? absent(platform);
}

/** Without any plugin: which one would be useful. */
async function absent(platform: Wanted['platform']): Promise<{ reason: string; remedy: string }> {
  const wanted = platform === 'auto' ? await deviceHere() : platform;
  const reason = `no PJRT plugin${wanted ? ` for ${wanted}` : ''} is set up or installed in a Python environment`;
  if (wanted === 'cuda')
    return { reason, remedy: 'facewright setup xla --cuda13 (with a driver older than 580: --cuda12)' };
  if (wanted === 'rocm') return { reason, remedy: 'facewright setup xla --rocm' };
  if (wanted === 'cpu') return { reason, remedy: 'facewright setup xla --cpu' };
  return {
    reason,
    remedy: wanted
      ? `Install the plugin (e.g. pip install jax-${wanted}-pjrt), or give its library as "plugin".`
      : 'This engine is for accelerators, and none was found. For tests on the CPU: facewright setup xla --cpu',
  };
}

async function deviceHere(): Promise<Kind | undefined> {
  if (await nvidiaDriver(12)) return 'cuda';
  return existsSync('/dev/kfd') ? 'rocm' : undefined;
}

/** Only looks at files and drivers: loading a plugin takes seconds and much of a GPU's memory. */
export async function availability(wanted: Wanted, directories: readonly string[]): Promise<Availability> {
  if (process.platform !== 'linux')
    return {
      usable: false,
      reason: `PJRT plugins can only be loaded on Linux, but this is ${process.platform}`,
      remedy: 'Use another engine.',
    };
  const { plugin, reason, remedy } = await choosePlugin(wanted, directories);
  if (!plugin || reason !== undefined)
    return { usable: false, reason, remedy, ...((await deviceHere()) !== undefined && { deviceFound: true }) };
  try {
    await loadKoffi();
  } catch (error) {
    return {
      usable: false,
      reason: `cannot load koffi, which calls the plugin: ${messageOf(error).split('\n')[0]}`,
      remedy: 'npm install --include=optional koffi',
      ...(plugin.kind !== 'cpu' && { deviceFound: true }),
    };
  }
  const { kind, cuda, from } = plugin;
  const device = `XLA, ${kind}${cuda ?? ''}: ${from ?? plugin.path}`;
  // XLA on a CPU is for tests: it is several times slower than the other engines
  if (kind === 'cpu') return { usable: true, device: `${device} (for tests: only by name)`, emulated: true };
  const foreign = kind === 'cuda' ? foreignCuda() : [];
  return {
    usable: true,
    device,
    accelerated: true,
    ...(foreign.length > 0 && {
      reason: `LD_LIBRARY_PATH has another CUDA (${foreign.join(', ')}), which the plugin may load instead of its own`,
      remedy: 'If XLA reports a version mismatch, start without these directories in LD_LIBRARY_PATH.',
    }),
  };
}
