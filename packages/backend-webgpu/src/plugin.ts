/** The `webgpu` backend plugin, for a given source of WebGPU. */
import { definePlugin, type Backend } from '@facewright/core';
import { z } from 'zod';
import { openWebgpuEngine } from './engine.js';
import { probe, type GpuSource } from './gpu/source.js';
import { VERSION } from './version.js';

export const webgpuPlugin = (source: GpuSource) =>
  definePlugin({
    meta: {
      name: 'webgpu',
      kind: 'backend',
      version: VERSION,
      apiVersion: 1,
      description: 'WebGPU: any GPU, in the browser and in Node',
    },
    options: z.strictObject({
      mode: z
        .enum(['compiled', 'eager'])
        .default('compiled')
        .describe('compiled: a step is captured and run as one list of dispatches if possible; eager: op by op'),
    }),
    create: (options, { emit }): Backend => ({
      traits: { speed: 'accelerator', workers: {}, layout: 'interleaved' },
      probe: () => probe(source),
      open: () => openWebgpuEngine(source, options, emit),
    }),
  });

declare module '@facewright/core' {
  interface BackendPlugins {
    webgpu: ReturnType<typeof webgpuPlugin>;
  }
}
