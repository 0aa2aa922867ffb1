/** Ends a stage once the smoothed loss has stayed below a value for some steps in a row. */
import { definePlugin, type Criterion } from '@facewright/core';
import { z } from 'zod';

/** Plain JSON, because it goes into the checkpoint: a resumed stage ends at the same step. */
type Memory = { readonly mean?: number; readonly inARow: number };

export default definePlugin({
  meta: { kind: 'criterion', name: 'loss-below', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({
    loss: z.number().positive().default(0.5).describe('the loss to get below'),
    steps: z.int().min(1).default(20).describe('steps in a row'),
  }),
  create: ({ loss, steps }): Criterion<Memory> => ({
    begin: () => ({ inARow: 0 }),
    observe(memory, step) {
      if (step.warmingUp) return memory;
      const mean = memory.mean === undefined ? step.loss : 0.9 * memory.mean + 0.1 * step.loss;
      return { mean, inARow: mean < loss ? memory.inARow + 1 : 0 };
    },
    verdict: ({ mean, inARow }) => (inARow >= steps ? { mean, below: loss } : undefined),
    // it cannot end sooner, so the time left that is shown need not be "at most"
    least: ({ inARow }) => steps - inARow,
  }),
});
