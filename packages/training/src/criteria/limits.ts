/** Criteria that count steps or epochs. */
import { definePlugin, type Criterion } from '@facewright/core';
import { z } from 'zod';
import { VERSION } from '../version.js';

type Done = { readonly steps: number; readonly stepsPerEpoch: number };

const counting: Pick<Criterion<Done>, 'begin' | 'observe'> = {
  begin: () => ({ steps: 0, stepsPerEpoch: 0 }),
  observe: (_, { steps, stepsPerEpoch }) => ({ steps, stepsPerEpoch }),
};

export const afterSteps = ({ steps }: { readonly steps: number }): Criterion<Done> => ({
  ...counting,
  verdict: (done) => (done.steps >= steps ? { steps } : undefined),
  limit: () => steps,
  least: (done) => Math.max(0, steps - done.steps),
});

export function afterEpochs({ epochs }: { readonly epochs: number }): Criterion<Done> {
  const limit = (stepsPerEpoch: number): number => Math.max(1, Math.ceil(epochs * stepsPerEpoch));
  return {
    ...counting,
    verdict: ({ steps, stepsPerEpoch }) =>
      steps > 0 && steps >= limit(stepsPerEpoch) ? { epochs, stepsPerEpoch } : undefined,
    limit,
    least: ({ steps }, stepsPerEpoch) => Math.max(0, limit(stepsPerEpoch) - steps),
  };
}

/** The `steps` criterion plugin. */
export const stepsCriterion = definePlugin({
  meta: { name: 'steps', kind: 'criterion', version: VERSION, apiVersion: 1, description: 'a stage of so many steps' },
  options: z.strictObject({ steps: z.int().min(1) }),
  create: afterSteps,
});

/** The `epochs` criterion plugin. Fractions are allowed; the minimum is one step. */
export const epochsCriterion = definePlugin({
  meta: {
    name: 'epochs',
    kind: 'criterion',
    version: VERSION,
    apiVersion: 1,
    description: 'a stage of so many epochs',
  },
  options: z.strictObject({ epochs: z.number().positive() }),
  create: afterEpochs,
});

declare module '@facewright/core' {
  interface CriterionPlugins {
    steps: typeof stepsCriterion;
    epochs: typeof epochsCriterion;
  }
}
