/**
 * Every composite op's formula in canonical primitives, compared with tfjs's own kernel; and canonical graphs compared
 * with the originals.
 */
import { hostTensor, openEagerEngine } from '@facewright/core';
import { OP_EXAMPLES, type OpExample } from '@facewright/test/captured-ops';
import { expectClose } from '@facewright/test/agree';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { canonical, CAPTURED_OPS, capture, COMPOSITE_OPS, decompose, interpret, type Graph } from '../index.js';

beforeAll(async () => void (await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'js' })));

const captured = ({ name, step, inputs }: OpExample): Graph => capture(step, { inputs }, { name });
const run = (graph: Graph, { inputs }: OpExample) => interpret(graph, 'cpu', {}, inputs).outputs;
const opsOf = (graph: Graph): Set<string> => new Set(graph.nodes.map(({ op }) => op));
/** All ops that are not composite. */
const primitives = new Set(CAPTURED_OPS.filter((op) => !COMPOSITE_OPS.includes(op)));

test('there is an example of every op that can be captured', () => {
  const shown = new Set(OP_EXAMPLES.flatMap((example) => [...opsOf(captured(example))]));
  expect(CAPTURED_OPS.filter((op) => !shown.has(op))).toEqual([]);
});

describe.each(OP_EXAMPLES.map((example) => [example.name, example] as const))('%s', (_, example) => {
  test('in canonical form it computes the same, bit for bit, and is idempotent', () => {
    const graph = captured(example);
    const form = canonical(graph);
    expect(run(form, example)).toEqual(run(graph, example));
    expect(canonical(form)).toEqual(form);
  });

  test('in primitives it computes the same', () => {
    const graph = captured(example);
    const parts = decompose(graph, primitives);
    expect([...opsOf(parts)].filter((op) => COMPOSITE_OPS.includes(op))).toEqual([]);
    expectClose(run(parts, example), run(graph, example), 2e-5);
  });
});

describe('windows of any form compute the same in primitives, and so do their gradients', () => {
  type Pad = 'same' | 'valid' | [[0, 0], [number, number], [number, number], [0, 0]];
  type Pair = [number, number];
  const few = (max: number, min = 1) => fc.integer({ min, max });
  const pair = (max: number) => fc.tuple(few(max), few(max));
  const window = fc.record({
    size: fc.tuple(few(8, 5), few(8, 5)),
    kernel: pair(3),
    strides: pair(3),
    // one number for all sides is left out: tfjs takes the width to be padded and divided as the height is
    pad: fc.oneof(
      fc.constantFrom<Pad>('same', 'valid'),
      fc.tuple(few(1, 0), few(1, 0), few(1, 0), few(1, 0)).map(([a, b, c, d]): Pad => [[0, 0], [a, b], [c, d], [0, 0]]), // prettier-ignore
    ),
  });
  /** Whole numbers from −3 on: few of them, so that maxima tie, and none above 0, so that padding would win. */
  const image = (shape: readonly number[], levels: number) =>
    hostTensor(
      shape,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 7 + (i >> 3) * 5) % levels) - 3),
    );
  function same(step: OpExample['step'], inputs: OpExample['inputs']): void {
    const example = { name: 'window', step, inputs };
    const graph = captured(example);
    const parts = decompose(graph, primitives);
    expect([...opsOf(parts)].filter((op) => COMPOSITE_OPS.includes(op))).toEqual([]);
    expectClose(run(parts, example), run(graph, example), 2e-5);
  }
  /** The result, and the gradients of its sum weighted by place. */
  const withGradients =
    (op: (...values: tf.Tensor4D[]) => tf.Tensor, names: readonly string[]): OpExample['step'] =>
    (_, inputs) => {
      const weighted = (...values: tf.Tensor[]): tf.Scalar => {
        const y = op(...(values as tf.Tensor4D[]));
        return tf.sum(tf.mul(y, tf.reshape(tf.sin(tf.range(0, y.size)), y.shape)));
      };
      const values = names.map((name) => inputs[name]);
      const grads = tf.grads(weighted)(values);
      const named = Object.fromEntries(names.map((name, i) => [`gradient of ${name}`, grads[i]]));
      return { outputs: { y: op(...(values as tf.Tensor4D[])), ...named } };
    };
  const property = (check: (of: { size: Pair; kernel: Pair; strides: Pair; pad: Pad }) => void): void =>
    fc.assert(fc.property(window, check), { numRuns: 25 });

  test('convolutions', () => {
    property(({ size, kernel, strides, pad }) => {
      const inputs = { x: image([2, ...size, 2], 5), filter: image([...kernel, 2, 3], 7) };
      same(
        withGradients((x, filter) => tf.conv2d(x, filter, strides, pad), ['x', 'filter']),
        inputs,
      );
      same(
        withGradients((x, filter) => tf.depthwiseConv2d(x, filter, strides, pad), ['x', 'filter']),
        inputs,
      );
    });
  });

  test('with gaps between their taps', () => {
    property(({ size, kernel, strides: gaps, pad }) => {
      const inputs = { x: image([2, ...size.map((side) => side + 3), 2], 5), filter: image([...kernel, 2, 3], 7) };
      same(
        (_, { x, filter }) => ({
          outputs: {
            y: tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, pad, 'NHWC', gaps),
            z: tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, pad, 'NHWC', gaps),
          },
        }),
        inputs,
      );
    });
  });

  test('pooling, also where several places have the maximum or all are below 0', () => {
    property(({ size, kernel, strides, pad }) => {
      // a window must see a pixel
      const within = typeof pad !== 'string' && Math.min(...kernel) < 2 ? 'same' : pad;
      const inputs = { x: image([2, ...size, 2], 3) };
      same(
        withGradients((x) => tf.maxPool(x, kernel, strides, within), ['x']),
        inputs,
      );
      same(
        withGradients((x) => tf.avgPool(x, kernel, strides, within), ['x']),
        inputs,
      );
    });
  });
});
