import {
  batchNormTraining,
  hostTensor,
  openEagerEngine,
  prelu,
  type HostTensors,
  type StepFunction,
} from '@facewright/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { AFTER, capture, interpret, memoryNeed, rematerialise, simplify } from '../index.js';

beforeAll(async () => void (await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'js' })));

const LAYERS = 30;
const CHANNELS = 8;
const IMAGES = [2, 6, 6, CHANNELS];

/** Layers of 1×1 convolution, batch norm and PReLU, with the gradients of their kernels. */
const deep: StepFunction = (state, { x }) => {
  const names = Array.from({ length: LAYERS }, (_, i) => `w${i}`);
  const { value, grads } = tf.valueAndGrads((...kernels: tf.Tensor[]) => {
    let y = x as tf.Tensor4D;
    for (const kernel of kernels) {
      const normalised = batchNormTraining(
        tf.conv2d(y, kernel as tf.Tensor4D, 1, 'same'),
        state.gamma as tf.Tensor1D,
        state.gamma as tf.Tensor1D,
      ).y;
      y = prelu(normalised, state.slope as tf.Tensor1D) as tf.Tensor4D;
    }
    return tf.sum(tf.square(y)) as tf.Scalar;
  })(names.map((name) => state[name]));
  return { outputs: { value, ...Object.fromEntries(names.map((name, i) => [name, grads[i]])) } };
};

const wave = (shape: number[], start: number): HostTensors[string] =>
  hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(start + i * 1.7)),
  );
const state: HostTensors = {
  ...Object.fromEntries(Array.from({ length: LAYERS }, (_, i) => [`w${i}`, wave([1, 1, CHANNELS, CHANNELS], i)])),
  gamma: wave([CHANNELS], 1),
  slope: wave([CHANNELS], 2),
};
const inputs = { x: wave(IMAGES, 3) };
const graph = simplify(capture(deep, { state, inputs }));
const whole = memoryNeed(graph);

test('a graph that fits is unchanged', () => {
  const { graph: same, dropped } = rematerialise(graph, {
    smallestBytes: 1024,
    limitBytes: whole.fixedBytes + whole.peakBytes,
  });
  expect(same).toBe(graph);
  expect(dropped).toBe(0);
});

test.each([0.8, 0.6])('%f of the memory, the same numbers', (share) => {
  const limitBytes = whole.fixedBytes + share * whole.peakBytes;
  const { graph: small, need, dropped } = rematerialise(graph, { smallestBytes: 1024, limitBytes });
  expect(need.fixedBytes + need.peakBytes).toBeLessThanOrEqual(limitBytes);
  expect(dropped).toBeGreaterThan(2);
  expect(small.nodes.some(({ op }) => op === AFTER)).toBe(true);
  // every node comes after what it reads
  const made = new Set([...small.state, ...small.inputs].map(({ value }) => value));
  for (const value of small.constants.keys()) made.add(value);
  for (const node of small.nodes) {
    for (const input of node.inputs) expect(made.has(input), node.op).toBe(true);
    for (const output of node.outputs) made.add(output);
  }
  const [expected, actual] = [graph, small].map((each) => interpret(each, 'cpu', state, inputs).outputs);
  for (const [name, { data }] of Object.entries(expected)) {
    // recomputed normalisation rounds slightly differently
    const largest = Math.max(...Array.from(data, Math.abs));
    data.forEach((number, i) => expect(Math.abs(number - actual[name].data[i]) / largest).toBeLessThan(1e-5));
  }
});

test('a limit that cannot be met is approached as closely as possible', () => {
  const { need } = rematerialise(graph, { smallestBytes: 1024, limitBytes: 1 });
  expect(need.peakBytes).toBeLessThan(0.6 * whole.peakBytes);
});
