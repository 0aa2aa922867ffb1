// Stacked updates: the same numbers as before, in a number of kernels that does not grow with the number of parameters.
import { hostTensor, openEagerEngine, type HostTensors, type StepFunction } from '@facewright/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { capture, interpret, simplify, stackUpdates, type Graph } from '../index.js';

beforeAll(async () => void (await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'js' })));

const numbers = (shape: number[], seed: number): HostTensors[string] =>
  hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233)),
  );

/** Parameters of several shapes; momentum, decay for some of them, a clipped norm, and running means. */
const step =
  (names: readonly string[]): StepFunction =>
  (state, { x, rate }) => {
    const loss = (...values: tf.Tensor[]): tf.Scalar =>
      tf.addN(values.map((value, i) => tf.sum(tf.sin(tf.mul(value, tf.add(tf.mean(x), i)))))) as tf.Scalar;
    const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => state[name]));
    const norm = tf.sqrt(tf.addN(grads.map((gradient) => tf.sum(tf.square(gradient)))));
    const shorten = tf.div(0.5, tf.maximum(norm, 0.5));
    const next = names.flatMap((name, i) => {
      const gradient = tf.mul(grads[i], shorten);
      const velocity = tf.add(
        tf.mul(state[`m/${name}`], 0.9),
        i % 4 ? gradient : tf.add(gradient, tf.mul(state[name], 1e-3)),
      );
      return [
        [`m/${name}`, velocity],
        [name, tf.sub(state[name], tf.mul(velocity, rate))],
      ] as const;
    });
    return { state: Object.fromEntries(next), outputs: { value, norm } };
  };

function given(count: number): { names: string[]; state: HostTensors; inputs: HostTensors; graph: Graph } {
  const names = Array.from({ length: count }, (_, i) => `w${i}`);
  const shapes = names.map((_, i) => [[3], [2, 2], [4], [1, 2, 3]][i % 4]);
  const state = Object.fromEntries(
    names.flatMap((name, i) => [
      [name, numbers(shapes[i], i + 1)],
      [`m/${name}`, numbers(shapes[i], i + 50)],
    ]),
  );
  const inputs = { x: numbers([5], 7), rate: hostTensor([], Float32Array.of(0.1)) };
  return { names, state, inputs, graph: simplify(capture(step(names), { state, inputs })) };
}

const arithmetic = (graph: Graph): number =>
  graph.nodes.filter(({ op }) => ['Multiply', 'Sub', 'Square'].includes(op)).length;

test('a clipped update with its norm, which is summed in a different order', () => {
  const { state, inputs, graph } = given(12);
  const [plain, stacked] = [graph, stackUpdates(graph)].map((candidate) => interpret(candidate, 'cpu', state, inputs));
  expect(stacked.outputs.value).toEqual(plain.outputs.value);
  expect(stacked.outputs.norm.data[0]).toBeCloseTo(plain.outputs.norm.data[0], 5);
  expect(Object.keys(stacked.state)).toEqual(Object.keys(plain.state));
  for (const [name, { shape, data }] of Object.entries(plain.state)) {
    expect(stacked.state[name].shape, name).toEqual(shape);
    data.forEach((value, i) => expect(stacked.state[name].data[i], name).toBeCloseTo(value, 6));
  }
});

test('an update without a norm is the same bit for bit', () => {
  const names = ['a', 'b', 'c', 'd'];
  const state = Object.fromEntries(names.map((name, i) => [name, numbers([i + 2], i + 1)]));
  const inputs = { x: numbers([3], 4) };
  const graph = simplify(
    capture(
      (state, { x }) => ({
        state: Object.fromEntries(
          names.map((name) => [name, tf.sub(state[name], tf.div(tf.square(state[name]), tf.sum(x)))]),
        ),
        outputs: {},
      }),
      { state, inputs },
    ),
  );
  expect(graph.nodes).toHaveLength(13);
  const stacked = stackUpdates(graph);
  expect(stacked.nodes.map(({ op }) => op)).toEqual(['Sum', 'Concat', 'Square', 'RealDiv', 'Sub', 'SplitV']);
  expect(interpret(stacked, 'cpu', state, inputs)).toEqual(interpret(graph, 'cpu', state, inputs));
});

test('the arithmetic of the update does not grow with the parameters', () => {
  const counts = [12, 24].map((count) => {
    const { names, graph } = given(count);
    // what remains for each parameter is its gradient: of sin(a·w), a·cos(a·w) and its product a·w
    return arithmetic(stackUpdates(graph)) - 2 * names.length;
  });
  expect(arithmetic(given(24).graph)).toBeGreaterThan(counts[1] + 48 + 60);
  expect(counts[0]).toBe(counts[1]);
});

test('anything that an output reads, that is large or that stands alone is unchanged', () => {
  const state = {
    a: numbers([3], 1),
    b: numbers([3], 2),
    c: numbers([3], 3),
    large: hostTensor([300_000], new Float32Array(300_000)),
    other: numbers([3], 4),
  };
  const graph = simplify(
    capture(
      (state) => {
        const doubled = Object.fromEntries(['a', 'b', 'c', 'large'].map((name) => [name, tf.mul(state[name], 2)]));
        return { state: { ...doubled, other: tf.neg(state.other) }, outputs: { a: tf.exp(doubled.a) } };
      },
      { state, inputs: {} },
    ),
  );
  // only b and c are left to join: too few
  expect(stackUpdates(graph).nodes).toEqual(graph.nodes);
});
