/** For the tests: XLA's plugin for the processor. */
import type { Engine } from '@facewright/core';
import { openXlaEngine, type XlaEngineOptions } from '../src/engine.js';

export type Found = { readonly path: string } | { readonly missing: string };

export async function cpuPlugin(): Promise<Found> {
  const path = process.env.FACEWRIGHT_PJRT_CPU;
  return path ? { path } : { missing: 'FACEWRIGHT_PJRT_CPU names no plugin' };
}

/** An engine on so many devices that the plugin plays. */
export const openCpu = (path: string, devices = 1, options: Partial<XlaEngineOptions> = {}): Promise<Engine> =>
  openXlaEngine({ path, client: { cpu_device_count: { type: 'int64', value: devices } }, ...options });
