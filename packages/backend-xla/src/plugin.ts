/** The `xla` backend plugin. */
import { definePlugin, FacewrightError, type Backend } from '@facewright/core';
import { z } from 'zod';
import { availability, choosePlugin } from './availability.js';
import { KINDS } from './discovery/known.js';
import { openXlaEngine } from './engine.js';
import { VERSION } from './version.js';

export const xla = definePlugin({
  meta: {
    name: 'xla',
    kind: 'backend',
    version: VERSION,
    apiVersion: 1,
    description: 'XLA: any accelerator with a PJRT plugin',
  },
  options: z.strictObject({
    plugin: z
      .string()
      .optional()
      .describe('library of a PJRT plugin; default: from "facewright setup xla", else one in a Python environment'),
    platform: z
      .enum(['auto', ...KINDS])
      .default('auto')
      .describe('kind of plugin; auto: an accelerator before the CPU'),
    devices: z
      .int()
      .positive()
      .default(1)
      .describe('number of devices that share a batch; the CPU simulates any number'),
    precision: z
      .enum(['float32', 'bfloat16'])
      .default('float32')
      .describe('of activations and their gradients in training steps; state, head and loss are always float32'),
    statistics: z
      .enum(['device', 'synchronised'])
      .default('synchronised')
      .describe(
        "on several devices: compute batch norm's statistics over each device's part of a batch, or over the whole batch",
      ),
    divideAbove: z
      .number()
      .positive()
      .optional()
      .describe(
        'in MB: on several devices, larger state entries, such as the class centres of many people, are sharded; default: none',
      ),
    memoryFraction: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe("fraction of GPU memory to allocate at once; default: the plugin's own, 0.75"),
    flags: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe("XLA's debug flags by name, in addition to its defaults"),
    dump: z.string().optional().describe("directory for the StableHLO of every step, and XLA's dump of it"),
  }),
  create: (options, { baseDirectory, emit }): Backend => {
    const directories = [baseDirectory, process.cwd()];
    return {
      // whether it is the CPU plugin is unknown until it is found, so only the named platform counts
      traits: {
        speed: options.platform === 'cpu' ? 'processor' : 'accelerator',
        workers: false,
        layout: 'interleaved',
        sizes: 'fixed',
      },
      probe: () => availability(options, directories),
      async open() {
        const { plugin, reason, remedy } = await choosePlugin(options, directories);
        // a plugin that the user names is tried even if its device seems to be missing
        if (!plugin || (reason !== undefined && options.plugin === undefined))
          throw new FacewrightError({ what: `The engine "xla" does not work here: ${reason}.`, todo: remedy });
        const { divideAbove } = options;
        const largestWhole = divideAbove === undefined ? undefined : divideAbove * 1e6;
        return openXlaEngine({ ...options, plugin, largestWhole, emit });
      },
    };
  },
});

declare module '@facewright/core' {
  interface BackendPlugins {
    xla: typeof xla;
  }
}
