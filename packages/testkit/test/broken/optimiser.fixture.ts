/** Optimisers that are wrong in one way each. */
import { definePlugin, filled, type HostTensors, type Optimiser } from '@facewright/core';
import { testOptimiser } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { engine, meta, options } from './shared.js';

const optimiser = (name: string, create: () => Optimiser) =>
  testOptimiser(definePlugin({ meta: meta('optimiser', name), options, create })(), { engine });
const descend =
  (sign: number): Optimiser['update'] =>
  ({ params, gradients, rate }) => ({
    params: Object.fromEntries(
      Object.keys(params).map((key) => [key, tf.sub(params[key], tf.mul(gradients[key], tf.mul(rate, sign)))]),
    ),
    memory: {},
  });
optimiser('ascends', () => ({ init: () => ({}), update: descend(-1) }));
optimiser('counts-inside', () => {
  let steps = 0;
  return { init: () => ({}), update: (step) => descend(1 + ++steps / 100)(step) };
});

const memoryOf = (params: HostTensors, value: number): HostTensors =>
  Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, filled(shape, value)]));
optimiser('remembers-before-it-began', () => ({
  init: (params) => memoryOf(params, 1),
  update: (step) => ({ ...descend(1)(step), memory: step.memory }),
}));
optimiser('loses-a-parameter', () => ({
  init: () => ({}),
  update: (step) => {
    const { scale: _, ...params } = descend(1)(step).params;
    return { params, memory: {} };
  },
}));
optimiser('reshapes', () => ({
  init: () => ({}),
  update: (step) => {
    const { params } = descend(1)(step);
    return { params: { ...params, scale: tf.reshape(params.scale, [1]) }, memory: {} };
  },
}));
optimiser('forgets-its-memory', () => ({ init: (params) => memoryOf(params, 0), update: descend(1) }));
optimiser('grows', () => ({
  init: () => ({}),
  update: (step) => ({
    params: Object.fromEntries(Object.entries(step.params).map(([name, value]) => [name, tf.mul(value, 1.01)])),
    memory: {},
  }),
}));
optimiser('writes-into-the-parameters', () => ({
  init: () => ({}),
  update: (step) => {
    step.params.scale.dataSync()[0] += 0.01;
    return descend(1)(step);
  },
}));
optimiser('has-a-rate-of-its-own', () => ({
  init: () => ({}),
  update: (step) => descend(1)({ ...step, rate: tf.scalar(0.02) }),
}));
optimiser('afraid-of-groups', () => ({
  init: () => ({}),
  update: (step) => descend(step.groupOf('scale') === undefined ? 1 : 0.5)(step),
}));
