/** From when to when a graph's tensors are needed, and the memory for them, worked out by hand. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { capture, memoryNeed, type Graph } from './index.js';
import { lives, plainMemory } from './lives.js';

/** Ten numbers in, 40 bytes. */
const graphOf = (step: (x: tf.Tensor) => tf.Tensor): Graph =>
  capture((_, { x }) => ({ outputs: { y: step(x) } }), { inputs: { x: { shape: [10], dtype: 'float32' } } });

test('inputs, state and constants live all the time, other tensors from their node to their last reader', () => {
  const graph = capture(
    ({ w }, { x }) => {
      const y = tf.exp(x);
      return { state: { w: tf.add(w, 3) }, outputs: { z: tf.add(tf.neg(y), y) } };
    },
    {
      state: { w: { shape: [4], dtype: 'float32' } },
      inputs: { x: { shape: [10], dtype: 'float32' } },
    },
  );
  expect(graph.nodes.map(({ op }) => op)).toEqual(['Exp', 'Add', 'Neg', 'Add']);
  const known = lives(graph);
  const always = { from: -1, to: 4 };
  for (const value of [graph.state[0].value, graph.inputs[0].value, ...graph.constants.keys()])
    expect(known.get(value)).toEqual(always);
  expect(graph.constants.size).toBe(1);
  const made = graph.nodes.map(({ outputs }) => known.get(outputs[0]));
  expect(made).toEqual([
    { from: 0, to: 3 },
    { from: 1, to: 4 },
    { from: 2, to: 3 },
    { from: 3, to: 4 },
  ]);
  // x, w and the 3; at the last node everything that is made is there
  expect(memoryNeed(graph)).toEqual({ fixedBytes: 40 + 16 + 4, peakBytes: 16 + 3 * 40, peakAt: 3 });
});

test('a tensor is freed after its last reader, and the first moment of the peak counts', () => {
  const chain = graphOf((x) => tf.exp(tf.neg(tf.exp(tf.neg(x)))));
  expect(memoryNeed(chain)).toEqual({ fixedBytes: 40, peakBytes: 80, peakAt: 1 });
});

test('a view needs no memory, but keeps what it views', () => {
  const graph = graphOf((x) => {
    const y = tf.exp(x);
    const view = tf.reshape(tf.reshape(y, [2, 5]), [5, 2]);
    return tf.add(tf.sum(tf.neg(tf.neg(tf.neg(x)))), tf.sum(view));
  });
  expect(graph.nodes.map(({ op }) => op)).toEqual(['Exp', 'Reshape', 'Reshape', 'Neg', 'Neg', 'Neg', 'Sum', 'Sum', 'Add']); // prettier-ignore
  // the exponentials, and two of the chain
  expect(memoryNeed(graph)).toMatchObject({ fixedBytes: 40, peakBytes: 120, peakAt: 4 });
});

test('a node may need more than its tensors', () => {
  const graph = graphOf((x) => tf.exp(tf.neg(tf.exp(x))));
  const model = { ...plainMemory, scratchBytes: ({ op }: Graph['nodes'][number]) => (op === 'Neg' ? 1000 : 0) };
  expect(memoryNeed(graph, model)).toEqual({ fixedBytes: 40, peakBytes: 1080, peakAt: 1 });
});
