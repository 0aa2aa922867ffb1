// Stacked updates: the same numbers as before, in a number of kernels that does not grow with the number of parameters.
import { hostTensor, openEagerEngine, type HostTensors, type StepFunction } from '@facewright/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { capture, interpret, simplify, stackUpdates, type Graph } from '../index.js';
import { stackSquares } from './stack-updates.js';

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

describe('which work is merged', () => {
  /** The ops of a step before and after; both must give the same numbers, bit for bit. */
  function opsOf(step: StepFunction, state: HostTensors): { before: string[]; after: string[] } {
    const graph = simplify(capture(step, { state, inputs: {} }));
    const stacked = stackUpdates(graph);
    expect(interpret(stacked, 'cpu', state, {})).toEqual(interpret(graph, 'cpu', state, {}));
    return { before: graph.nodes.map(({ op }) => op), after: stacked.nodes.map(({ op }) => op) };
  }
  const count = (ops: readonly string[], op: string): number => ops.filter((each) => each === op).length;
  const tensors = (...shapes: number[][]): HostTensors =>
    Object.fromEntries(shapes.map((shape, i) => [`w${i}`, numbers(shape, i + 1)]));
  const each = (change: (value: tf.Tensor, index: number) => tf.Tensor): StepFunction => {
    return (state) => ({
      state: Object.fromEntries(Object.entries(state).map(([name, value], i) => [name, change(value, i)])),
      outputs: {},
    });
  };

  test('that on three tensors, but not on two, nor on single numbers', () => {
    const doubled = each((value) => tf.mul(value, 2));
    const three = opsOf(doubled, tensors([2], [3], [4]));
    expect(three.after).toEqual(['Concat', 'Multiply', 'SplitV']);
    const two = opsOf(doubled, tensors([2], [3]));
    expect(two.after).toEqual(two.before);
    const single = opsOf(doubled, tensors([1], [], [1, 1], [5], [6]));
    expect(single.after).toEqual(single.before);
  });

  test('vectors as they are, others by way of a vector', () => {
    const { after } = opsOf(
      each((value) => tf.neg(value)),
      tensors([2], [2, 2], [3], [1, 3]),
    );
    expect(after).toEqual(['Reshape', 'Reshape', 'Concat', 'Neg', 'SplitV', 'Reshape', 'Reshape']);
  });

  test('the same function only: another op, another number, other limits or other operands are apart', () => {
    const six = tensors([2], [3], [4], [5], [6], [7]);
    const apart = (one: (value: tf.Tensor) => tf.Tensor, other: (value: tf.Tensor) => tf.Tensor): string[] =>
      opsOf(
        each((value, i) => (i % 2 ? one(value) : other(value))),
        six,
      ).after;
    const halves: [(value: tf.Tensor) => tf.Tensor, (value: tf.Tensor) => tf.Tensor, string][] = [
      [(value) => tf.mul(value, 2), (value) => tf.mul(value, 3), 'Multiply'],
      [(value) => tf.clipByValue(value, -0.1, 0.1), (value) => tf.clipByValue(value, -0.2, 0.2), 'ClipByValue'],
      [(value) => tf.sub(value, 2), (value) => tf.sub(2, value), 'Sub'],
      [(value) => tf.sub(tf.exp(value), value), (value) => tf.sub(value, tf.exp(value)), 'Sub'],
    ];
    for (const [one, other, op] of halves) {
      const after = apart(one, other);
      expect(count(after, op)).toBe(2);
      expect(count(after, 'SplitV')).toBe(2);
    }
    expect(count(apart(tf.exp, tf.neg), 'SplitV')).toBe(2);
    // three with an op more than the two others, which stay as they are
    const five = opsOf(each((value, i) => (i < 3 ? tf.exp(tf.neg(value)) : tf.neg(value))), tensors([2], [3], [4], [5], [6])); // prettier-ignore
    expect([count(five.after, 'Neg'), count(five.after, 'Exp'), count(five.after, 'SplitV')]).toEqual([3, 1, 1]);
  });

  test('a tensor that is read twice is joined once, and what lies in between is not split', () => {
    const { after } = opsOf(
      each((value) => tf.sub(value, tf.mul(tf.abs(value), value))),
      tensors([2], [3], [4]),
    );
    expect(after).toEqual(['Concat', 'Abs', 'Multiply', 'Sub', 'SplitV']);
  });

  test('a tensor of the state may be made from another one', () => {
    const state = Object.fromEntries(
      [2, 3, 4].flatMap((size, i) => [
        [`m${i}`, numbers([size], i + 1)],
        [`w${i}`, numbers([size], i + 9)],
      ]),
    );
    const momentum: StepFunction = (values) => ({
      state: Object.fromEntries(
        [0, 1, 2].flatMap((i) => {
          const moved = tf.mul(values[`m${i}`], 0.9);
          return [
            [`m${i}`, moved],
            [`w${i}`, tf.add(values[`w${i}`], moved)],
          ];
        }),
      ),
      outputs: {},
    });
    const { after } = opsOf(momentum, state);
    expect(after).toEqual(['Concat', 'Concat', 'Multiply', 'SplitV', 'Add', 'SplitV']);
  });

  test('not what is stretched over another shape, nor what anything else reads', () => {
    const stretched = opsOf(each((value) => tf.add(value, tf.exp(tf.slice(value, [0, 0], [1, -1])))), tensors([2, 3], [3, 3], [4, 3])); // prettier-ignore
    expect(stretched.after).toEqual(stretched.before);
    // a sum reads each exponential, so that only what follows it is left
    const { after } = opsOf(
      (state) => {
        const powers = Object.fromEntries(Object.entries(state).map(([name, value]) => [name, tf.exp(value)]));
        const total = tf.addN(Object.values(powers).map((power) => tf.sum(power)));
        return {
          state: Object.fromEntries(Object.entries(powers).map(([name, power]) => [name, tf.neg(power)])),
          outputs: { total },
        };
      },
      tensors([2], [3], [4]),
    );
    expect([count(after, 'Exp'), count(after, 'Neg')]).toEqual([3, 1]);
  });
});

describe('sums of squares', () => {
  const stacked = (of: (state: Record<string, tf.Tensor>) => tf.Tensor[], shapes: number[][]) => {
    const state = Object.fromEntries(shapes.map((shape, i) => [`w${i}`, numbers(shape, i + 1)]));
    const step: StepFunction = (values) => ({ outputs: { total: tf.addN(of(values)) } });
    const graph = capture(step, { state, inputs: {} });
    const after = stackSquares(graph);
    const [plain, joined] = [graph, after].map((each) => interpret(each, 'cpu', state, {}).outputs.total);
    expect(joined.shape).toEqual(plain.shape);
    plain.data.forEach((value, i) => expect(joined.data[i] / value).toBeCloseTo(1, 5));
    return { graph, after, ops: after.nodes.map(({ op }) => op) };
  };
  const squares = (values: Record<string, tf.Tensor>): tf.Tensor[] =>
    Object.values(values).map((value) => tf.sum(tf.square(value)));

  test('of three tensors or more are one, with whatever else is added', () => {
    expect(stacked(squares, [[2], [3], [2, 2]]).ops).toEqual(['Reshape', 'Concat', 'Square', 'Sum', 'AddN']);
    const { ops, after } = stacked(
      (values) => [tf.sum(values.w0), ...squares(values), tf.sum(tf.exp(values.w1))],
      [[2], [3], [4]],
    );
    expect(ops.filter((op) => op === 'Square')).toHaveLength(1);
    expect(after.nodes.at(-1)!.inputs).toHaveLength(3);
    expect(after.nodes.at(-1)!.inputNames).toEqual(['0', '1', '2']);
  });

  test('of two, of single numbers, and of large tensors stay', () => {
    for (const shapes of [
      [[2], [3]],
      [[2], [3], [1]],
      [[2], [3], [300_000]],
    ]) {
      const { graph, after } = stacked(squares, shapes);
      expect(after).toBe(graph);
    }
    const { ops } = stacked(squares, [[2], [3], [4], [1]]);
    expect(ops.filter((op) => op === 'Square')).toHaveLength(2);
  });

  test('sums that keep a dimension, or of something else, stay', () => {
    const rows = [[2, 3], [2, 4], [2, 5]]; // prettier-ignore
    const kept = (of: (value: tf.Tensor) => tf.Tensor): void => {
      const { graph, after } = stacked((values) => Object.values(values).map(of), rows);
      expect(after).toBe(graph);
    };
    kept((value) => tf.sum(tf.square(value), 1));
    kept((value) => tf.sum(tf.exp(value)));
    kept((value) => tf.mean(tf.square(value)));
  });

  test('a square that something else reads is still there', () => {
    const { ops } = stacked(
      (values) => {
        const first = tf.square(values.w0);
        return [tf.sum(first), tf.sum(tf.square(values.w1)), tf.sum(tf.square(values.w2)), tf.max(first)];
      },
      [[2], [3], [4]],
    );
    expect(ops.filter((op) => op === 'Square')).toHaveLength(2);
  });
});
