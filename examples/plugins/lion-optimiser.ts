/** Lion (Chen et al., arXiv 2302.06675, algorithm 2): steps by the sign of a momentum. Use a tenth of Adam's learning rate. */
import { definePlugin, filled, type Optimiser } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

export default definePlugin({
  meta: { kind: 'optimiser', name: 'lion', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({
    beta1: z.number().min(0).lt(1).default(0.9).describe('momentum in the step'),
    beta2: z.number().min(0).lt(1).default(0.99).describe('momentum that is kept'),
    weightDecay: z
      .number()
      .min(0)
      .default(0)
      .describe('fraction of a parameter that each step takes off, times the rate'),
  }),
  create: ({ beta1, beta2, weightDecay }): Optimiser => ({
    init: (params) => Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, filled(shape, 0)])),
    update({ params, gradients, memory, rate }) {
      const next = { params: {} as Record<string, tf.Tensor>, memory: {} as Record<string, tf.Tensor> };
      for (const [name, value] of Object.entries(params)) {
        const direction = tf.sign(mixed(memory[name], gradients[name], beta1));
        const step = tf.add(direction, tf.mul(value, weightDecay));
        next.params[name] = tf.sub(value, tf.mul(step, rate));
        next.memory[name] = mixed(memory[name], gradients[name], beta2);
      }
      return next;
    },
  }),
});

const mixed = (old: tf.Tensor, now: tf.Tensor, share: number): tf.Tensor =>
  tf.add(tf.mul(old, share), tf.mul(now, 1 - share));
