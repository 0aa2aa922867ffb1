/** For the tests: XLA's CPU plugin, set up first in CI, otherwise used if it exists. */
import { messageOf, type Engine } from '@facewright/core';
import { findPlugins } from '../src/discovery/find.js';
import { kindOf } from '../src/discovery/known.js';
import { openXlaEngine, type XlaEngineOptions } from '../src/engine.js';
import { setup } from '../src/setup/setup.js';

export type Found = { readonly path: string } | { readonly missing: string };

/**
 * The library named by `FACEWRIGHT_PJRT_CPU`, or else one that was set up or installed. In CI it is set up if pip can
 * download it; elsewhere tests download nothing.
 */
export async function cpuPlugin(): Promise<Found> {
  const named = process.env.FACEWRIGHT_PJRT_CPU;
  if (named) return { path: named };
  const found = findPlugins([process.cwd()]).find(({ kind }) => kind === 'cpu');
  if (found) return { path: found.path };
  if (!process.env.CI) return { missing: 'XLA is not set up; "facewright setup xla --cpu" does it' };
  try {
    return { path: (await setup({ variant: 'cpu', signal: AbortSignal.timeout(120_000) })).plugin };
  } catch (error) {
    return { missing: messageOf(error).split('\n')[0] };
  }
}

/** An engine on this many simulated devices. */
export const openCpu = (
  path: string,
  devices = 1,
  options: Partial<Omit<XlaEngineOptions, 'plugin' | 'devices'>> = {},
): Promise<Engine> => openXlaEngine({ ...options, plugin: { path, ...kindOf(path) }, devices });
