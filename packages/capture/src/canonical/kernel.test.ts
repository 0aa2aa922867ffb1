/** Single kernel calls in canonical form, as engines that run op by op take them. */
import { expect, test } from 'vitest';
import { isGap } from '../gap.js';
import type { TensorSpec } from '../graph.js';
import { canonicalKernel } from './index.js';

const floats = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });

test('attributes are resolved', () => {
  const { nodes, outputs } = canonicalKernel('Sum', { x: floats(2, 3, 4) }, { axis: [-1, 0], keepDims: undefined });
  expect(nodes).toHaveLength(1);
  expect(nodes[0].attrs).toMatchObject({ axis: [0, 2], keepDims: false });
  expect(outputs.map(({ shape, dtype }) => [shape, dtype])).toEqual([[[3], 'float32']]);
});

test('a fused kernel is its parts in order, and the last one makes its output', () => {
  const { inputs, nodes, outputs } = canonicalKernel(
    'FusedConv2D',
    { x: floats(1, 5, 5, 2), filter: floats(3, 3, 2, 4), bias: floats(4) },
    { strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 1, activation: 'relu' },
  );
  expect(nodes.map(({ op }) => op)).toEqual(['Conv2D', 'Add', 'Relu']);
  expect(nodes[0].inputs).toEqual([inputs.x, inputs.filter]);
  expect(nodes[1].inputs).toEqual([nodes[0].outputs[0], inputs.bias]);
  expect(nodes[2].outputs).toEqual(outputs);
  expect(outputs[0].shape).toEqual([1, 5, 5, 4]);
});

test('a slice with a negative stride is a reversal and a slice', () => {
  const { nodes } = canonicalKernel('StridedSlice', { x: floats(6) }, { begin: [5], end: [2], strides: [-1] });
  expect(nodes.map(({ op }) => op)).toEqual(['Reverse', 'Slice']);
  expect(nodes[1].attrs).toEqual({ begin: [0], size: [3] });
});

test('a kernel that cannot be captured is a gap', () => {
  expect(() => canonicalKernel('FFT', { input: floats(4) }, {})).toThrow(expect.toSatisfy(isGap));
});
