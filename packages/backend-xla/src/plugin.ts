/** The backend plugin `xla`. */
import { definePlugin, type Backend } from '@facewright/core';
import { z } from 'zod';
import { openXlaEngine } from './engine.js';

export const xla = definePlugin({
  meta: {
    name: 'xla',
    kind: 'backend',
    version: '0.1.0',
    apiVersion: 1,
    description: 'XLA: any accelerator that has a PJRT plugin',
  },
  options: z.strictObject({
    plugin: z.string().optional(),
    devices: z.int().positive().optional(),
  }),
  create: ({ plugin = '', devices = 1 }, { emit }): Backend => ({
    probe: async () => ({ usable: true, device: 'cpu' }),
    open: () =>
      openXlaEngine({ path: plugin, client: { cpu_device_count: { type: 'int64', value: devices } }, devices, emit }),
  }),
});
