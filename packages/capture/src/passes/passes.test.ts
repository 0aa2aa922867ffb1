import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { capture, memoryNeed, type Graph } from '../index.js';
import { foldConstants, removeDeadCode, removeIdentities, shareCommonSubexpressions, unfuse } from './index.js';

const graphOf = (f: (x: tf.Tensor2D) => tf.Tensor): Graph =>
  capture((_, { x }) => ({ outputs: { y: f(x as tf.Tensor2D) } }), {
    inputs: { x: { shape: [2, 3], dtype: 'float32' } },
  });
const ops = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);

test('dead code: what no result needs is removed, with its constants', () => {
  const graph = graphOf((x) => {
    tf.exp(tf.add(x, 5));
    return tf.neg(x);
  });
  expect(ops(graph)).toEqual(['Add', 'Exp', 'Neg']);
  const kept = removeDeadCode(graph);
  expect(ops(kept)).toEqual(['Neg']);
  expect(kept.constants.size).toBe(0);
});

test('identities: clones, reshapes that cancel, and neutral elements', () => {
  const graph = graphOf((x) =>
    tf.neg(tf.mul(tf.add(tf.reshape(tf.reshape(tf.clone(x), [6]), [2, 3]), 0), tf.ones([3]))),
  );
  expect(ops(removeDeadCode(removeIdentities(graph)))).toEqual(['Neg']);
  // a broadcast through "+ 0" changes the shape, so it stays
  expect(ops(removeIdentities(graphOf((x) => tf.add(x, tf.zeros([4, 2, 3])))))).toContain('Add');
  expect(ops(removeIdentities(graphOf((x) => tf.neg(tf.reshape(tf.reshape(x, [6]), [3, 2])))))).toEqual([
    'Reshape',
    'Reshape',
    'Neg',
  ]);
});

test('constants are folded, with broadcasting', () => {
  const graph = foldConstants(
    graphOf((x) =>
      tf.mul(x, tf.add(tf.mul(tf.tensor2d([[1], [2]]), tf.tensor1d([1, 10, 100])), tf.sqrt(tf.scalar(4)))),
    ),
  );
  expect(ops(graph)).toEqual(['Multiply']);
  expect([...graph.constants.values()].at(-1)).toEqual(Float32Array.of(3, 12, 102, 4, 22, 202));
});

test('common subexpressions: equal kernels and equal constants occur once', () => {
  const graph = shareCommonSubexpressions(graphOf((x) => tf.add(tf.exp(tf.mul(x, 3)), tf.exp(tf.mul(x, 3)))));
  expect(ops(graph)).toEqual(['Multiply', 'Exp', 'Add']);
  expect(graph.constants.size).toBe(1);
  const different = shareCommonSubexpressions(graphOf((x) => tf.add(tf.sum(x, 0), tf.sum(x, 1, true))));
  expect(ops(different).filter((op) => op === 'Sum')).toHaveLength(2);
});

test('fused kernels become plain ones', () => {
  const graph = capture(
    (_, { x, w, b, slope }) => ({
      outputs: {
        y: tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: w as tf.Tensor4D,
          strides: 1,
          pad: 'same',
          bias: b,
          activation: 'prelu',
          preluActivationWeights: slope,
        }),
      },
    }),
    {
      inputs: {
        x: { shape: [1, 4, 4, 2], dtype: 'float32' },
        w: { shape: [3, 3, 2, 5], dtype: 'float32' },
        b: { shape: [5], dtype: 'float32' },
        slope: { shape: [5], dtype: 'float32' },
      },
    },
  );
  expect(ops(graph)).toEqual(['FusedConv2D']);
  expect(ops(unfuse(graph))).toEqual(['Conv2D', 'Add', 'Prelu']);
});

test('memory: values live from their node to their last use, and views cost nothing', () => {
  // a = exp(x); b = neg(a); c = reshape(b); y = a[6] + c: a, b and y are alive at the end, 24 bytes each
  const need = memoryNeed(
    graphOf((x) => {
      const a = tf.exp(x);
      return tf.add(tf.reshape(a, [6]), tf.reshape(tf.neg(a), [6]));
    }),
  );
  expect(need).toEqual({ fixedBytes: 24, peakBytes: 72, peakAt: 4 });
});
