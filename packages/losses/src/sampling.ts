/** The option that trains a head on a sample of its classes. */
import type { Loss } from '@facewright/core';
import { z } from 'zod';

export const sampleRate = z
  .number()
  .gt(0)
  .max(1)
  .default(1)
  .describe(
    'share of the people whose centres a step sees and updates, besides those of its batch (PartialFC, arXiv 2010.05222): for more people than fit on ' +
      'the device, e.g. 0.1 for a million. Accuracy is then that among the people a step sees',
  );

/** `perClass`: the loss's parameters and statistics whose last axis counts classes. */
export const sampled = (rate: number, ...perClass: string[]): Pick<Loss, 'sampled'> =>
  rate < 1 ? { sampled: { rate, perClass } } : {};
