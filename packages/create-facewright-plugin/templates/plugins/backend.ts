/** An engine that runs op by op on a tfjs backend, here the plain JavaScript one. */
import { definePlugin, openEagerEngine, type Backend } from '@facewright/core';
import { z } from 'zod';
import { VERSION } from './version.js';

const DEVICE = 'plain JavaScript';

export const myPlugin = definePlugin({
  meta: { name: 'my-plugin', kind: 'backend', version: VERSION, apiVersion: 1, description: 'tfjs, op by op' },
  options: z.strictObject({}),
  create: (): Backend => ({
    // Used by `backend: auto` and the defaults.
    traits: { speed: 'slow', workers: {}, layout: 'interleaved' },
    // Change first: whether it works on this machine, and if not, why and what to do.
    probe: async () => ({ usable: true, device: DEVICE }),
    // Then this: register your own tfjs backend, or compile steps yourself with @facewright/compiled-engine.
    async open() {
      await import('@tensorflow/tfjs-backend-cpu');
      return openEagerEngine({ name: 'my-plugin', tfBackend: 'cpu', device: DEVICE });
    },
  }),
});
export default myPlugin;
