/** What the passes compute or remove themselves, compared with the tfjs kernels they replace. */
import { openEagerEngine } from '@facewright/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { capture, interpret, type Graph } from '../index.js';
import { foldConstants, removeDeadCode, removeIdentities, shareCommonSubexpressions } from './index.js';

beforeAll(async () => {
  tf.env().set('PROD', true); // no greeting
  await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'js' });
});

const x = { shape: [3, 3], dtype: 'float32', data: Float32Array.of(1, -2, 3, 4, -5, 6, 7, 8, -9) } as const;
const graphOf = (f: (x: tf.Tensor2D) => tf.Tensor): Graph =>
  capture((_, { x }) => ({ outputs: { y: f(x as tf.Tensor2D) } }), {
    inputs: { x: { shape: [3, 3], dtype: 'float32' } },
  });
const ops = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);
const run = (graph: Graph) => interpret(graph, 'cpu', {}, { x }).outputs.y;

const row = (): tf.Tensor => tf.tensor1d([0.5, 2, 9]);
const column = (): tf.Tensor => tf.tensor2d([[1], [4], [0.25]]);

describe('constants are folded to what the kernel computes', () => {
  test.each<[string, () => tf.Tensor]>([
    ['Cast to int32', () => tf.cast(tf.tensor1d([1.7, -1.7, 0]), 'int32')],
    ['Cast to bool', () => tf.cast(tf.tensor1d([0, 0.5, -2]), 'bool')],
    ['Cast to float32', () => tf.cast(tf.tensor1d([1, 0, 3], 'int32'), 'float32')],
    ['Reshape', () => tf.reshape(column(), [3])],
    ['ExpandDims', () => tf.expandDims(row(), 0)],
    ['Tile', () => tf.tile(tf.tensor1d([4]), [3])],
    ['Sum', () => tf.sum(row())],
    ['ZerosLike', () => tf.zerosLike(row())],
    ['OnesLike', () => tf.onesLike(row())],
    ['Neg', () => tf.neg(row())],
    ['Sqrt', () => tf.sqrt(row())],
    ['Rsqrt', () => tf.rsqrt(row())],
    ['Square', () => tf.square(row())],
    ['Exp', () => tf.exp(row())],
    ['Log', () => tf.log(row())],
    ['Cos', () => tf.cos(row())],
    ['Sin', () => tf.sin(row())],
    ['Reciprocal', () => tf.reciprocal(row())],
    ['Add', () => tf.add(row(), column())],
    ['Sub', () => tf.sub(row(), column())],
    ['Multiply', () => tf.mul(column(), row())],
    ['RealDiv', () => tf.div(column(), row())],
    ['Maximum', () => tf.maximum(row(), column())],
    ['Minimum', () => tf.minimum(row(), column())],
    ['Add of one and many', () => tf.add(tf.scalar(2), tf.tensor2d([[1, 2, 3]]))],
  ])('%s', (_, constant) => {
    const graph = graphOf((x) => tf.add(x, tf.cast(constant(), 'float32')));
    const folded = foldConstants(graph);
    expect(ops(folded)).toEqual(['Add']);
    const [was, is] = [run(graph), run(folded)];
    expect(is.shape).toEqual(was.shape);
    is.data.forEach((value, index) => expect(value).toBeCloseTo(was.data[index], 5));
  });

  test('up to 4096 numbers; more stay a kernel', () => {
    expect(ops(foldConstants(graphOf((x) => tf.add(tf.sum(x), tf.neg(tf.ones([4096]))))))).toEqual(['Sum', 'Add']);
    expect(ops(foldConstants(graphOf((x) => tf.add(tf.sum(x), tf.neg(tf.ones([4097]))))))).toContain('Neg');
  });

  test('a sum of some axes, a tile of several numbers, and what depends on an input, stay', () => {
    expect(ops(foldConstants(graphOf((x) => tf.add(x, tf.sum(tf.ones([2, 3]), 0)))))).toContain('Sum');
    expect(ops(foldConstants(graphOf((x) => tf.add(x, tf.tile(tf.tensor1d([1, 2, 3]), [1])))))).toContain('Tile');
    expect(ops(foldConstants(graphOf((x) => tf.add(tf.neg(x), 1))))).toEqual(['Neg', 'Add']);
    // only the shape of the input is needed
    expect(ops(foldConstants(graphOf((x) => tf.add(x, tf.onesLike(x)))))).toEqual(['Add']);
  });
});

describe('identities', () => {
  const ones = (): tf.Tensor => tf.ones([3, 3]);
  test.each<[string, (x: tf.Tensor2D) => tf.Tensor]>([
    ['a cast to the same type', (x) => tf.cast(x, 'float32')],
    ['a transpose that moves nothing', (x) => tf.transpose(x, [0, 1])],
    ['a tile of one', (x) => tf.tile(x, [1, 1])],
    ['a slice of all', (x) => tf.slice(x, [0, 0], [3, 3])],
    ['a padding of nothing', (x) => tf.pad(x, [[0, 0], [0, 0]])], // prettier-ignore
    ['a broadcast to its own shape', (x) => tf.broadcastTo(x, [3, 3])],
    ['x + 0', (x) => tf.add(x, 0)],
    ['0 + x', (x) => tf.add(tf.zeros([3]), x)],
    ['x − 0', (x) => tf.sub(x, 0)],
    ['x · 1', (x) => tf.mul(x, ones())],
    ['1 · x', (x) => tf.mul(1, x)],
    ['x / 1', (x) => tf.div(x, tf.ones([3]))],
    ['a sum of one', (x) => tf.addN([x])],
  ])('%s is removed', (_, f) => {
    const graph = removeDeadCode(removeIdentities(graphOf((x) => tf.neg(f(x)))));
    expect(ops(graph)).toEqual(['Neg']);
    expect(run(graph)).toEqual(run(graphOf((x) => tf.neg(f(x)))));
  });

  test.each<[string, (x: tf.Tensor2D) => tf.Tensor]>([
    ['a transpose that keeps the shape', (x) => tf.transpose(x, [1, 0])],
    ['a cast to another type', (x) => tf.cast(tf.cast(x, 'int32'), 'float32')],
    ['a slice of a part', (x) => tf.slice(x, [0, 0], [2, 3])],
    ['a padding', (x) => tf.pad(x, [[0, 1], [0, 0]])], // prettier-ignore
    ['0 − x', (x) => tf.sub(0, x)],
    ['1 / x', (x) => tf.div(1, x)],
    ['x · 2', (x) => tf.mul(x, 2)],
    ['x + 1', (x) => tf.add(x, 1)],
    ['x · (1, 1, 2)', (x) => tf.mul(x, tf.tensor1d([1, 1, 2]))],
    ['x + (0, 0, 1)', (x) => tf.add(x, tf.tensor1d([0, 0, 1]))],
    ['a broadcast by + 0', (x) => tf.add(x, tf.zeros([2, 3, 3]))],
    ['max(x, 0)', (x) => tf.maximum(x, 0)],
  ])('%s stays', (_, f) => {
    const graph = graphOf((x) => tf.neg(f(x)));
    const kept = removeDeadCode(removeIdentities(graph));
    expect(ops(kept)).toEqual(ops(graph));
    expect(run(kept)).toEqual(run(graph));
  });

  test('reshapes in a row become one, and none where they come back', () => {
    const there = removeDeadCode(
      removeIdentities(graphOf((x) => tf.neg(tf.reshape(tf.expandDims(tf.reshape(x, [9]), 0), [9, 1])))),
    );
    expect(ops(there)).toEqual(['Reshape', 'Neg']);
    expect(there.nodes[0].attrs).toEqual({ shape: [9, 1] });
    const back = graphOf((x) => tf.neg(tf.reshape(tf.reshape(tf.reshape(x, [9]), [1, 9]), [3, 3])));
    expect(ops(removeDeadCode(removeIdentities(back)))).toEqual(['Neg']);
  });
});

describe('common subexpressions', () => {
  const shared = (f: (x: tf.Tensor2D) => tf.Tensor): string[] => ops(shareCommonSubexpressions(graphOf(f)));

  test('are those of the same kernel, inputs in the same places, and attributes', () => {
    expect(shared((x) => tf.add(tf.exp(x), tf.exp(x)))).toEqual(['Exp', 'Add']);
    expect(shared((x) => tf.add(tf.exp(x), tf.log(x)))).toEqual(['Exp', 'Log', 'Add']);
    const twice = (x: tf.Tensor2D): tf.Tensor[] => [tf.exp(x), tf.neg(x)];
    expect(
      shared((x) => {
        const [a, b] = twice(x);
        return tf.add(tf.sub(a, b), tf.sub(b, a));
      }).filter((op) => op === 'Sub'),
    ).toHaveLength(2);
    expect(shared((x) => tf.add(tf.sum(x, 0), tf.sum(x, 1))).filter((op) => op === 'Sum')).toHaveLength(2);
  });

  test('constants are shared bit for bit: shape, type, and the sign of zero count', () => {
    const count = (...constants: (() => tf.Tensor)[]): number =>
      shareCommonSubexpressions(
        graphOf((x) => tf.addN(constants.map((constant) => tf.mul(x, tf.cast(constant(), 'float32'))))),
      ).constants.size;
    expect(count(row, row)).toBe(1);
    expect(count(row, () => tf.tensor1d([0.5, 2, 8]))).toBe(2);
    expect(count(row, () => tf.reshape(row(), [1, 3]))).toBe(1); // the same constant, reshaped by a kernel
    expect(count(row, () => tf.tensor2d([[0.5, 2, 9]]))).toBe(2);
    expect(count(() => tf.tensor1d([0, 0, 0]), () => tf.tensor1d([0, -0, 0]))).toBe(2); // prettier-ignore
    expect(count(() => tf.tensor1d([0, 0, 0]), () => tf.tensor1d([0, 0, 0], 'int32'))).toBe(2); // prettier-ignore
  });
});
