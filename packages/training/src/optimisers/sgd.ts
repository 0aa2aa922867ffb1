/**
 * Stochastic gradient descent with momentum. The learning rate is outside the momentum, as in the frameworks of the
 * MobileFaceNet and ArcFace papers:
 *
 *   g = ∂L/∂p + λ·p,  v ← μ·v + g,  p ← p − rate·v   (Nesterov: p ← p − rate·(g + μ·v))
 */
import { definePlugin, filled, type HostTensors, type Optimiser, type OptimiserStep } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { weightDecayOptions, weightDecays } from './weight-decay.js';
import { VERSION } from '../version.js';

export const sgd = definePlugin({
  meta: {
    name: 'sgd',
    kind: 'optimiser',
    version: VERSION,
    apiVersion: 1,
    description: 'Stochastic gradient descent with momentum',
  },
  options: z.strictObject({
    momentum: z.number().min(0).lt(1).default(0.9),
    nesterov: z.boolean().default(false).describe('look ahead along the momentum'),
    ...weightDecayOptions,
  }),
  create: (options): Optimiser => ({
    init: (params) => (options.momentum > 0 ? zerosFor(params) : {}),
    update: (step) => updateAll(step, options),
  }),
});

declare module '@facewright/core' {
  interface OptimiserPlugins {
    sgd: typeof sgd;
  }
}

type SgdOptions = z.output<typeof sgd.options>;

const zerosFor = (params: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [`momentum/${name}`, filled(shape, 0)]));

function updateAll(step: OptimiserStep, options: SgdOptions): ReturnType<Optimiser['update']> {
  const { momentum, nesterov } = options;
  const decays = weightDecays(options, step);
  const params: Record<string, tf.Tensor> = {};
  const memory: Record<string, tf.Tensor> = {};
  for (const [name, param] of Object.entries(step.params)) {
    const decay = decays.get(name)!;
    const gradient = decay > 0 ? tf.add(step.gradients[name], tf.mul(param, decay)) : step.gradients[name];
    let direction = gradient;
    if (momentum > 0) {
      const velocity = tf.add(tf.mul(step.memory[`momentum/${name}`], momentum), gradient);
      memory[`momentum/${name}`] = velocity;
      direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
    }
    params[name] = tf.sub(param, tf.mul(direction, step.rate));
  }
  return { params, memory };
}
