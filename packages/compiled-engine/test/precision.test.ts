/** Which tensors of a step are 16-bit floats. */
import { canonical, capture, simplify } from '@facewright/capture';
import { batchNormTraining } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { FULL_PRECISION, mixedPrecision } from '../src/index.js';

const spec = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const;
const inputs = { x: spec(2, 6, 6, 3), filter: spec(3, 3, 3, 4), gamma: spec(4), beta: spec(4), head: spec(4, 5) };

/** Convolution, batch norm, ReLU, mean over the image, head. */
const graph = canonical(
  simplify(
    capture(
      (_, given) => {
        const image = tf.conv2d(given.x as tf.Tensor4D, given.filter as tf.Tensor4D, 1, 'same');
        const normal = batchNormTraining(image, given.gamma as tf.Tensor1D, given.beta as tf.Tensor1D, 1e-3);
        const features = tf.mean(tf.relu(normal.y), [1, 2]);
        return {
          outputs: { mean: normal.mean, logits: tf.matMul(features as tf.Tensor2D, given.head as tf.Tensor2D) },
        };
      },
      { inputs },
    ),
  ),
);
const nodeOf = (op: string) => graph.nodes.find((node) => node.op === op)!;

test('images are, from the convolution to the mean; statistics and the head are not', () => {
  const mixed = mixedPrecision(graph);
  const norm = nodeOf('FacewrightBatchNormTraining');
  expect(norm.outputs.map((value) => mixed.made(value))).toEqual([true, false, false]);
  for (const op of ['Conv2D', 'Relu']) expect(mixed.made(nodeOf(op).outputs[0]), op).toBe(true);
  for (const op of ['Mean', 'BatchMatMul']) expect(mixed.made(nodeOf(op).outputs[0]), op).toBe(false);
});

test('a convolution takes both inputs in 16 bits, batch norm only the image, the mean none', () => {
  const mixed = mixedPrecision(graph);
  const taken = (op: string) => nodeOf(op).inputs.map((_, i) => mixed.taken(nodeOf(op), i));
  expect(taken('Conv2D')).toEqual([true, true]);
  expect(taken('FacewrightBatchNormTraining')).toEqual([true, false, false]);
  expect(taken('Mean')).toEqual([false]);
});

test('in full precision nothing is', () => {
  for (const node of graph.nodes) {
    expect(FULL_PRECISION.made(node.outputs[0])).toBe(false);
    expect(FULL_PRECISION.taken(node, 0)).toBe(false);
  }
});
