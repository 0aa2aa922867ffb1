/** Graphs as values: sizes, names, replacement, and their text form. */
import { openEagerEngine } from '@facewright/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { Gap, isGap } from './gap.js';
import {
  AFTER,
  bytesOf,
  constantOf,
  createValue,
  inputOf,
  optionalInput,
  replaceValues,
  results,
  sameShape,
  sizeOf,
  type Graph,
  type GraphNode,
  type Value,
} from './graph.js';
import { interpret } from './interpret.js';
import { printGraph } from './print.js';

beforeAll(async () => void (await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'js' })));

const value = (...shape: number[]): Value => createValue({ shape, dtype: 'float32' });
const node = (op: string, inputs: Value[], output: Value, attrs = {}): GraphNode => ({
  op,
  inputs,
  inputNames: inputs.map((_, index) => 'xyz'[index]),
  attrs,
  outputs: [output],
});

/** y = w·x + 1, and the new w is y. */
function small() {
  const [w, x, one, product, y] = [value(2), value(2), value(), value(2), value(2)];
  const graph: Graph = {
    name: 'small',
    state: [{ name: 'w', value: w }],
    inputs: [{ name: 'x', value: x }],
    constants: new Map([[one, Float32Array.of(1)]]),
    nodes: [
      node('Multiply', [w, x], product),
      node('Add', [product, one], y, { note: [1, 2], none: undefined, nil: null }),
    ],
    newState: [{ name: 'w', value: y }],
    outputs: [{ name: 'y', value: y }],
  };
  return { graph, w, x, one, product, y };
}

test('sizes: numbers, and bytes on the device', () => {
  expect([sizeOf({ shape: [2, 3] }), sizeOf({ shape: [] }), sizeOf({ shape: [4, 0] })]).toEqual([6, 1, 0]);
  expect(bytesOf({ shape: [5], dtype: 'float32' })).toBe(20);
  expect(bytesOf({ shape: [5], dtype: 'int32' })).toBe(20);
  expect(bytesOf({ shape: [5], dtype: 'bool' })).toBe(5);
  expect(sameShape([1, 2], [1, 2])).toBe(true);
  for (const other of [[1], [1, 2, 3], [2, 1], []]) expect(sameShape([1, 2], other)).toBe(false);
});

test('constants have the typed array of their dtype', () => {
  expect(constantOf([1.5, -2], 'float32')).toEqual(Float32Array.of(1.5, -2));
  expect(constantOf([1, -2], 'int32')).toEqual(Int32Array.of(1, -2));
  expect(constantOf([1, 0], 'bool')).toEqual(Uint8Array.of(1, 0));
});

test('values have numbers of their own, and their shape is a copy', () => {
  const shape = [2, 3];
  const [a, b] = [createValue({ shape, dtype: 'int32' }), createValue({ shape, dtype: 'int32' })];
  shape.push(4);
  expect(a).toMatchObject({ shape: [2, 3], dtype: 'int32' });
  expect(b.id).toBeGreaterThan(a.id);
});

test('inputs are found by their names, the first as well as the last', () => {
  const { graph, w, x } = small();
  const [multiply] = graph.nodes;
  expect([inputOf(multiply, 'x'), inputOf(multiply, 'y')]).toEqual([w, x]);
  expect(optionalInput(multiply, 'x')).toBe(w);
  expect(optionalInput(multiply, 'z')).toBeUndefined();
  expect(() => inputOf(multiply, 'z')).toThrow('Multiply has no input "z" (it has x, y)');
});

test('replacement follows chains to their end, in nodes and results alike', () => {
  const { graph, w, x, product, y } = small();
  const between = value(2);
  const replaced = replaceValues(graph, new Map([[w, between], [between, x], [y, product]])); // prettier-ignore
  expect(replaced.nodes[0].inputs).toEqual([x, x]);
  expect(replaced.nodes[1]).toBe(graph.nodes[1]); // no value of this node was replaced
  expect(results(replaced)).toEqual([product, product]);
  expect(results(graph)).toEqual([y, y]);
  expect(replaceValues(graph, new Map())).toBe(graph);
});

test('a graph as text', () => {
  const { graph, w, x, one, product, y } = small();
  const long = value(9);
  const text = printGraph({
    ...graph,
    constants: new Map([...graph.constants, [long, Float32Array.from({ length: 9 }, (_, index) => index + 1 / 3)]]),
  });
  expect(text.split('\n')).toEqual([
    'graph small',
    `state w = %${w.id}: float32[2]`,
    `input x = %${x.id}: float32[2]`,
    `constant %${one.id}: float32[] = [1]`,
    `constant %${long.id}: float32[9] = [0.333333, 1.33333, 2.33333, 3.33333, 4.33333, 5.33333, 6.33333, 7.33333, …]`,
    `%${product.id}: float32[2] = Multiply(x: %${w.id}, y: %${x.id})`,
    `%${y.id}: float32[2] = Add(x: %${product.id}, y: %${one.id}) {note: [1,2]}`,
    `new state w = %${y.id}`,
    `output y = %${y.id}`,
    '',
  ]);
});

describe('interpreting', () => {
  test('names an input that is missing', () => {
    const { graph } = small();
    expect(() => interpret(graph, 'cpu', {}, {})).toThrow('the graph "small" needs "w"');
  });

  test('what comes after something else is unchanged by it', () => {
    const [x, control, late] = [value(1), value(1), value(1)];
    const graph: Graph = {
      name: 'late',
      state: [],
      inputs: [{ name: 'x', value: x }, { name: 'control', value: control }], // prettier-ignore
      constants: new Map(),
      nodes: [node(AFTER, [x, control], late)],
      newState: [],
      outputs: [{ name: 'late', value: late }],
    };
    const tensor = (number: number) => ({ shape: [1], dtype: 'float32' as const, data: Float32Array.of(number) });
    expect(interpret(graph, 'cpu', {}, { x: tensor(3), control: tensor(4) }).outputs.late).toEqual(tensor(3));
  });
});

test('a gap says what is missing, in which step, and who lacks it', () => {
  expect(new Gap('FFT').what).toBe('A step uses FFT, which cannot be captured.');
  const gap = new Gap('GatherV2', { step: 'train', engine: 'onnx', where: 'my-loss.ts:3', cause: 'x' });
  expect(gap.what).toBe('The step "train" uses GatherV2, which cannot be lowered by the engine "onnx".');
  expect(gap).toMatchObject({ name: 'Gap', missing: 'GatherV2', where: 'my-loss.ts:3', cause: 'x' });
  expect([isGap(gap), isGap(Object.assign(new Error('x'), { isGap: true }))]).toEqual([true, true]);
  for (const other of [
    new Error('x'),
    { isGap: true },
    undefined,
    'x',
    Object.assign(new Error('x'), { isGap: false }),
  ])
    expect(isGap(other)).toBe(false);
});
