/** Gradient descent with momentum. */
import { definePlugin, filled, type Optimiser } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { VERSION } from './version.js';

export const myPlugin = definePlugin({
  meta: { name: 'my-plugin', kind: 'optimiser', version: VERSION, apiVersion: 1, description: 'descent with momentum' },
  options: z.strictObject({
    momentum: z.number().min(0).lt(1).default(0.9).describe('part of the former step that the next one keeps'),
  }),
  create: ({ momentum }): Optimiser => ({
    // Optimiser state: starts at zero and goes into the checkpoint.
    init: (params) => Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, filled(shape, 0)])),
    // Change first: a pure function that returns new parameters and new state under the same names.
    update({ params, gradients, memory, rate }) {
      const names = Object.keys(params);
      const next = Object.fromEntries(
        names.map((name) => [name, tf.add(tf.mul(memory[name], momentum), gradients[name])]),
      );
      const moved = names.map((name) => [name, tf.sub(params[name], tf.mul(next[name], rate))]);
      return { params: Object.fromEntries(moved), memory: next };
    },
  }),
});
export default myPlugin;
