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
import { beforeAll, describe, expect, test } from 'vitest';
import { AFTER, capture, interpret, memoryNeed, rematerialise, simplify, type Graph, type Value } from '../index.js';

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

describe('which values are dropped', () => {
  type Early = (inputs: Record<string, tf.Tensor>) => tf.Tensor[];
  const given: HostTensors = { x: wave([1, 10, 10, 10], 4), y: wave([1, 30, 10, 10], 5), k: wave([1, 1, 10, 1], 6) };
  /** Values that are read at once and again after `length` more nodes, when much more was needed in between. */
  const waiting =
    (early: Early, length: number): StepFunction =>
    (_, inputs) => {
      const values = early(inputs);
      const first = tf.addN(values.map((value) => tf.sum(value)));
      let t = tf.mean(tf.square(tf.concat(Array.from({ length: 8 }, () => inputs.y))));
      for (let i = 0; i < length; i++) t = tf.sin(t);
      return { outputs: { first, last: tf.addN(values.map((value) => tf.sum(tf.mul(value, t)))) } };
    };
  /** Shapes of what is recomputed if `less` bytes are to be saved. */
  function recomputed(early: Early, { length = 60, less = 1, smallestBytes = 1024 } = {}) {
    const plain = simplify(capture(waiting(early, length), { inputs: given }));
    const { fixedBytes, peakBytes } = memoryNeed(plain);
    const limitBytes = fixedBytes + peakBytes - less;
    const { graph: small, need, dropped } = rematerialise(plain, { limitBytes, smallestBytes });
    expect(interpret(small, 'cpu', {}, given)).toEqual(interpret(plain, 'cpu', {}, given));
    if (dropped) expect(need.fixedBytes + need.peakBytes).toBeLessThanOrEqual(limitBytes);
    else expect(small).toBe(plain);
    const again = small.nodes.filter(({ inputs }) => inputs.some((input) => held(small, input)));
    expect(again).toHaveLength(dropped);
    return again.map(({ op, outputs }) => `${op} ${outputs[0].shape.join('×')}`);
  }
  const held = (graph: Graph, value: Value): boolean =>
    graph.nodes.some(({ op, outputs }) => op === AFTER && outputs[0] === value);
  const depthwise = (inputs: Record<string, tf.Tensor>): tf.Tensor =>
    tf.depthwiseConv2d(inputs.x as tf.Tensor4D, inputs.k as tf.Tensor4D, 1, 'same');

  test('the largest one, and no more than needed', () => {
    const two: Early = ({ x, y }) => [tf.relu(x), tf.relu(y)];
    expect(recomputed(two)).toEqual(['Relu 1×30×10×10']);
    expect(recomputed(({ x, y }) => [tf.relu(y), tf.relu(x)])).toEqual(['Relu 1×30×10×10']);
    expect(recomputed(two, { less: 12_001 }).sort()).toEqual(['Relu 1×10×10×10', 'Relu 1×30×10×10']);
  });

  test('of equal ones that which is recomputed with least work', () => {
    expect(recomputed((inputs) => [depthwise(inputs), tf.relu(inputs.x)])).toEqual(['Relu 1×10×10×10']);
    expect(recomputed((inputs) => [tf.relu(inputs.x), depthwise(inputs)])).toEqual(['Relu 1×10×10×10']);
    // three times as large, but four times as expensive by the square of its work
    expect(recomputed(({ x, y, k }) => [tf.depthwiseConv2d(y as tf.Tensor4D, k as tf.Tensor4D, 1, 'same'), tf.relu(x)])).toEqual(['Relu 1×10×10×10']); // prettier-ignore
  });

  test('none that is small, is read again soon, or whose op is not for it', () => {
    const one: Early = ({ x }) => [tf.relu(x)];
    expect(recomputed(one)).toHaveLength(1);
    expect(recomputed(one, { smallestBytes: 4000 })).toHaveLength(1);
    expect(recomputed(one, { smallestBytes: 4001 })).toEqual([]);
    // by default from 256 KiB on
    const plain = simplify(capture(waiting(one, 60), { inputs: given }));
    expect(rematerialise(plain, { limitBytes: 1 }).dropped).toBe(0);
    expect(recomputed(one, { length: 30 })).toEqual([]);
    expect(recomputed(({ x }) => [tf.exp(x)])).toEqual([]);
  });
});
