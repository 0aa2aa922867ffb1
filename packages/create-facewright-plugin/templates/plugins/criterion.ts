/** Ends a stage when batch accuracy, averaged over the last steps, is high enough. */
import { definePlugin, type Criterion } from '@facewright/core';
import { z } from 'zod';
import { VERSION } from './version.js';

/** Plain JSON, because it goes into the checkpoint. */
type Memory = { readonly last: readonly number[] };

export const myPlugin = definePlugin({
  meta: { name: 'my-plugin', kind: 'criterion', version: VERSION, apiVersion: 1, description: 'accurate enough' },
  options: z.strictObject({
    accuracy: z.number().min(0).max(1).default(0.8).describe('the mean at which the stage ends'),
    window: z.int().min(1).default(50).describe('steps that are averaged'),
  }),
  create: ({ accuracy, window }): Criterion<Memory> => ({
    begin: () => ({ last: [] }),
    // Change first: its memory after one more step. Do not modify `memory`.
    observe: ({ last }, step) => (step.warmingUp ? { last } : { last: [...last, step.accuracy].slice(-window) }),
    // Then this: undefined if the stage continues, else the evidence for the log.
    verdict({ last }) {
      const mean = last.reduce((sum, value) => sum + value, 0) / last.length;
      return last.length === window && mean >= accuracy ? { mean, window } : undefined;
    },
  }),
});
export default myPlugin;
