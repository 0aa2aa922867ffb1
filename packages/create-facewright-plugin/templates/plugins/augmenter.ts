/** Makes an aligned face brighter or darker by a random amount. */
import { definePlugin, type Augmenter } from '@facewright/core';
import { z } from 'zod';
import { VERSION } from './version.js';

export const myPlugin = definePlugin({
  meta: { name: 'my-plugin', kind: 'augmenter', version: VERSION, apiVersion: 1, description: 'random brightness' },
  // Change first: your options, with defaults and a one-line description each. The README's table is generated from
  // them.
  options: z.strictObject({
    strength: z.number().min(0).max(255).default(30).describe('largest change, in grey levels'),
  }),
  create: ({ strength }): Augmenter => ({
    // Then this. Use only `random` for randomness, so the same seed gives the same image. Return a new image of the
    // same size.
    augment({ width, height, data }, random) {
      const shift = strength * (2 * random.uniform() - 1);
      return { width, height, data: Uint8Array.from(data, (value) => Math.max(0, Math.min(255, value + shift))) };
    },
  }),
});
export default myPlugin;
