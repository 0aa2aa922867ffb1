/**
 * The training step of the backend suite: a small network with every relevant layer, ten steps of it compared with the
 * same in float64.
 */
import {
  batchNormTraining,
  createRandom,
  hostScalar,
  hostTensor,
  prelu,
  softmaxCrossEntropy,
  type HostTensors,
  type StepFunction,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { BackendTest } from './support/backend-test.js';
import { expectFinite, normal } from './support/numbers.js';
import * as exact from './support/reference.js';

const IMAGES = 4;
const CLASSES = 3;
const RATE = 0.1;
const LABELS = [0, 2, 1, 2];
const random = createRandom('testkit/backend/training');

/** conv 3×3 stride 2 → batch norm → PReLU → depthwise 3×3 → dense. */
const PARAMS: HostTensors = {
  'conv/kernel': normal([3, 3, 2, 3], random.fork('conv'), 0.4),
  'norm/gamma': hostTensor([3], Float32Array.of(1, 0.8, 1.2)),
  'norm/beta': hostTensor([3], Float32Array.of(0, 0.1, -0.1)),
  'prelu/alpha': hostTensor([3], Float32Array.of(0.25, -0.5, 1.5)),
  'depthwise/kernel': normal([3, 3, 3, 1], random.fork('depthwise'), 0.4),
  'dense/kernel': normal([27, CLASSES], random.fork('dense'), 0.3),
};
const NAMES = Object.keys(PARAMS);
const images = normal([IMAGES, 6, 6, 2], random.fork('images'));

const step: StepFunction = (state, { images, labels, rate }) => {
  const { value, grads } = tf.valueAndGrads((...[conv, gamma, beta, alpha, depthwise, dense]: tf.Tensor[]) => {
    const stem = tf.conv2d(images as tf.Tensor4D, conv as tf.Tensor4D, 2, 1);
    const active = prelu(
      batchNormTraining(stem, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-3).y,
      alpha as tf.Tensor1D,
    );
    const features = tf.reshape(tf.depthwiseConv2d(active, depthwise as tf.Tensor4D, 1, 1), [images.shape[0], -1]);
    return tf.mean(softmaxCrossEntropy(tf.matMul(features, dense) as tf.Tensor2D, labels as tf.Tensor1D));
  })(NAMES.map((name) => state[name]));
  return {
    state: Object.fromEntries(NAMES.map((name, index) => [name, tf.sub(state[name], tf.mul(grads[index], rate))])),
    outputs: { loss: value },
  };
};

const exactLoss: exact.ExactFunction = (conv, gamma, beta, alpha, depthwise, dense) => {
  const stem = exact.conv2d({ stride: 2, before: 1, outSize: 3 })(exact.exactOf(images), conv);
  const active = exact.prelu(exact.batchNorm(1e-3)(stem, gamma, beta), alpha);
  const features = exact.depthwise({ before: 1, outSize: 3 })(active, depthwise);
  const each = exact.crossEntropy(LABELS)(exact.matMul({ shape: [IMAGES, 27], data: features.data }, dense));
  return exact.build([], () => exact.sumOver(IMAGES, (i) => each.data[i]) / IMAGES);
};

let known: readonly number[] | undefined; // takes seconds, and is the same for every engine

function exactLosses(steps: number): readonly number[] {
  let params = NAMES.map((name) => exact.exactOf(PARAMS[name]));
  return (known ??= Array.from({ length: steps }, (_, step) => {
    const loss = exactLoss(...params).data[0];
    if (step + 1 === steps) return loss;
    const gradients = exact.gradientsOf(exactLoss, params, [1]);
    params = params.map(({ shape, data }, index) => ({
      shape,
      data: data.map((value, i) => value - RATE * gradients[index].data[i]),
    }));
    return loss;
  }));
}

export function checkTraining({ check, compile }: BackendTest): void {
  const inputs = { images, labels: hostTensor([IMAGES], Int32Array.from(LABELS)), rate: hostScalar(RATE) };

  check('ten training steps have the losses of the same steps in float64', async () => {
    const executable = compile(step, PARAMS);
    const losses: number[] = [];
    for (let i = 0; i < 10; i++) losses.push((await executable.run(inputs)).loss.data[0]);
    exactLosses(10).forEach((loss, i) => expect(losses[i], `loss of step ${i + 1}`).toBeCloseTo(loss, 4));
    expect(losses[9]).toBeLessThan(losses[0]);
    expectFinite(await executable.readState());
  });

  check('the same steps give the same bits', async () => {
    const states = [];
    for (let run = 0; run < 2; run++) {
      const executable = compile(step, PARAMS);
      for (let i = 0; i < 3; i++) await executable.run(inputs);
      states.push(await executable.readState());
    }
    expect(states[1]).toEqual(states[0]);
  });

  check('training goes on exactly from a state that was read', async () => {
    const whole = compile(step, PARAMS);
    for (let i = 0; i < 5; i++) await whole.run(inputs);
    const first = compile(step, PARAMS);
    for (let i = 0; i < 3; i++) await first.run(inputs);
    const second = compile(step, await first.readState());
    for (let i = 0; i < 2; i++) await second.run(inputs);
    expect(await second.readState()).toEqual(await whole.readState());
  });
}
