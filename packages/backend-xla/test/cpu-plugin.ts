/** For the tests: XLA's plugin for the processor, set up on the way in CI, else used where it is. */
import { messageOf, type Engine } from '@facewright/core';
import { findPlugins } from '../src/discovery/find.js';
import { kindOf } from '../src/discovery/known.js';
import { openXlaEngine, type XlaEngineOptions } from '../src/engine.js';
import { setup } from '../src/setup/setup.js';

export type Found = { readonly path: string } | { readonly missing: string };

/**
 * The library that `FACEWRIGHT_PJRT_CPU` names, else one that was set up or is installed. In CI it is set up, where pip can have it; elsewhere nothing
 * is fetched for a test.
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

/** An engine on so many devices that the plugin plays. */
export const openCpu = (
  path: string,
  devices = 1,
  options: Partial<Omit<XlaEngineOptions, 'plugin' | 'devices'>> = {},
): Promise<Engine> => openXlaEngine({ ...options, plugin: { path, ...kindOf(path) }, devices });
