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
    description: 'XLA: any accelerator that has a PJRT plugin',
  },
  options: z.strictObject({
    plugin: z
      .string()
      .optional()
      .describe(
        'library of a PJRT plugin; default: what "facewright setup xla" made, else one in a Python environment',
      ),
    platform: z
      .enum(['auto', ...KINDS])
      .default('auto')
      .describe('which kind of plugin; auto: an accelerator before the processor'),
    devices: z
      .int()
      .positive()
      .default(1)
      .describe('devices that a batch is divided over; the processor plays as many as are wanted'),
    precision: z
      .enum(['float32', 'bfloat16'])
      .default('float32')
      .describe('of activations and their gradients in training steps; state, head and loss are float32 always'),
    statistics: z
      .enum(['device', 'synchronised'])
      .default('synchronised')
      .describe(
        "on several devices batch norm's statistics are those of each device's part of a batch, or of the whole batch",
      ),
    divideAbove: z
      .number()
      .positive()
      .optional()
      .describe(
        'MB: on several devices larger entries of the state, such as the class centres of many people, are divided over them; default: none',
      ),
    memoryFraction: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe("share of a GPU's memory that is taken at once; default: the plugin's own, 0.75"),
    flags: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe("XLA's debug flags by name, on top of its defaults"),
    dump: z.string().optional().describe('directory for the StableHLO of every step, and what XLA makes of it'),
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
