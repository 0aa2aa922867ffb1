/**
 * Adam (Kingma and Ba, arXiv 1412.6980) with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101):
 *
 *   m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²,  p ← p − rate·(m/c₁ / (√(v/c₂) + ε) + λ·p)
 *
 * The bias corrections c = 1 − βᵗ are running values c ← β·c + (1 − β) from 0, which avoids powers and cancellation in
 * float32.
 */
import {
  definePlugin,
  filled,
  hostScalar,
  type HostTensors,
  type Optimiser,
  type OptimiserStep,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { weightDecayOptions, weightDecays } from './weight-decay.js';
import { VERSION } from '../version.js';

const options = {
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  ...weightDecayOptions,
};

export const adam = definePlugin({
  meta: {
    name: 'adam',
    kind: 'optimiser',
    version: VERSION,
    apiVersion: 1,
    description: 'Adam, with decoupled weight decay',
  },
  options: z.strictObject(options),
  create: (options): Optimiser => ({ init: emptyMemory, update: (step) => updateAll(step, options) }),
});

/** Adam with the default weight decay of the AdamW paper and PyTorch. */
export const adamW = definePlugin({
  meta: {
    name: 'adamw',
    kind: 'optimiser',
    version: VERSION,
    apiVersion: 1,
    description: 'Adam with decoupled weight decay of 0.01',
  },
  options: z.strictObject({ ...options, weightDecay: options.weightDecay.default(0.01) }),
  create: (options): Optimiser => ({ init: emptyMemory, update: (step) => updateAll(step, options) }),
});

declare module '@facewright/core' {
  interface OptimiserPlugins {
    adam: typeof adam;
    adamw: typeof adamW;
  }
}

type AdamOptions = z.output<typeof adam.options>;

function emptyMemory(params: HostTensors): HostTensors {
  const zeros = Object.entries(params).flatMap(
    ([name, { shape }]) =>
      [
        [`mean/${name}`, filled(shape, 0)],
        [`square/${name}`, filled(shape, 0)],
      ] as const,
  );
  return { ...Object.fromEntries(zeros), 'correction/mean': hostScalar(0), 'correction/square': hostScalar(0) };
}

function updateAll(step: OptimiserStep, options: AdamOptions): ReturnType<Optimiser['update']> {
  const { beta1, beta2, epsilon } = options;
  const decays = weightDecays(options, step);
  const average = (former: tf.Tensor, value: tf.Tensor | number, beta: number): tf.Tensor =>
    tf.add(tf.mul(former, beta), tf.mul(value, 1 - beta));
  const meanCorrection = average(step.memory['correction/mean'], 1, beta1);
  const squareCorrection = average(step.memory['correction/square'], 1, beta2);
  const params: Record<string, tf.Tensor> = {};
  const memory: Record<string, tf.Tensor> = {
    'correction/mean': meanCorrection,
    'correction/square': squareCorrection,
  };
  for (const [name, param] of Object.entries(step.params)) {
    const gradient = step.gradients[name];
    const mean = average(step.memory[`mean/${name}`], gradient, beta1);
    const square = average(step.memory[`square/${name}`], tf.square(gradient), beta2);
    memory[`mean/${name}`] = mean;
    memory[`square/${name}`] = square;
    const direction = tf.div(tf.div(mean, meanCorrection), tf.add(tf.sqrt(tf.div(square, squareCorrection)), epsilon));
    const decay = decays.get(name)!;
    params[name] = tf.sub(param, tf.mul(decay > 0 ? tf.add(direction, tf.mul(param, decay)) : direction, step.rate));
  }
  return { params, memory };
}
