/**
 * The engine that runs everywhere without native code, in Node and in browsers: tfjs-backend-wasm plus the training
 * kernels it lacks.
 */
import { definePlugin, openEagerEngine, type Availability, type Backend, type Engine } from '@facewright/core';
import { z } from 'zod';
import { registerTrainingKernels } from './kernels/index.js';
import { WASM } from './kernels/register.js';
import { VERSION } from './version.js';

/** A module whose only function uses a vector instruction, which only engines with SIMD accept. */
const SIMD_MODULE = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  4,
  1,
  96,
  0,
  0,
  3,
  2,
  1,
  0,
  10,
  9,
  1,
  7,
  0,
  65,
  0,
  253,
  15,
  26,
  11,
);

function probe(): Availability {
  const { WebAssembly } = globalThis as { WebAssembly?: { validate(bytes: Uint8Array): boolean } }; // TypeScript only knows it with the DOM library
  if (!WebAssembly)
    return {
      usable: false,
      reason: 'this JavaScript engine has no WebAssembly',
      remedy: 'Use Node 20.19 or newer, without --jitless.',
    };
  return { usable: true, device: WebAssembly.validate(SIMD_MODULE) ? 'wasm SIMD, 1 thread' : 'wasm, 1 thread' };
}

async function open(): Promise<Engine> {
  await import('@tensorflow/tfjs-backend-wasm');
  registerTrainingKernels();
  return openEagerEngine({ name: 'wasm', tfBackend: WASM, device: probe().device! });
}

/** Runs wherever WebAssembly does, on one thread. Takes no options. */
export const wasm = definePlugin({
  meta: {
    name: 'wasm',
    kind: 'backend',
    version: VERSION,
    apiVersion: 1,
    description: 'WebAssembly: no native code, one thread',
  },
  options: z.strictObject({}),
  create: (): Backend => ({
    traits: { speed: 'slow', workers: {}, layout: 'interleaved' },
    probe: async () => probe(),
    open,
  }),
});

declare module '@facewright/core' {
  interface BackendPlugins {
    wasm: typeof wasm;
  }
}
export default wasm;
