/**
 * A complete compiling engine: an emitter of primitives (plain loops, assembled once per graph) and a runtime of typed
 * arrays. It shows what a new engine has to provide; `openCompiledEngine` adds everything else. See
 * docs/compiled-engine.md.
 */
import { openCompiledEngine, type Results, type Target } from '@facewright/compiled-engine';
import { attributesOf, Gap, sizeOf, type Graph, type GraphNode, type Value } from '@facewright/capture';
import { hostTensor, type Emit, type Engine } from '@facewright/core';

type Numbers = Float32Array | Int32Array;
type Kernel = (...inputs: Numbers[]) => Numbers | number[];
type Program = (entries: readonly Numbers[]) => Results<Numbers>;
type Shape = readonly number[];

/** The coordinates of every element of a shape, in order. */
function placesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (all, length) => all.flatMap((at) => Array.from({ length }, (_, i) => [...at, i])),
    [[]],
  );
}
const stridesOf = (shape: Shape): number[] => shape.map((_, axis) => sizeOf({ shape: shape.slice(axis + 1) }));
const indexIn = (shape: Shape, at: readonly number[]): number =>
  stridesOf(shape).reduce((sum, stride, axis) => sum + stride * at[axis], 0);
/** For each output element, the index of its input element; −1 for none. */
const shown = (to: Shape, from: Shape, place: (at: readonly number[]) => readonly number[]): number[] =>
  placesOf(to).map((at) => {
    const source = place(at);
    return source.every((i, axis) => i >= 0 && i < from[axis]) ? indexIn(from, source) : -1;
  });
const broadcast = (to: Shape, from: Shape): number[] =>
  shown(to, from, (at) => from.map((length, axis) => (length === 1 ? 0 : at[axis + to.length - from.length])));

const moved =
  (index: readonly number[], outside = 0): Kernel =>
  (x) =>
    Array.from(index, (i) => (i < 0 ? outside : x[i]));
/** Moves each output axis along that of the input. */
const stepped = ({ inputs, outputs }: GraphNode, step: (i: number, axis: number) => number, outside = 0): Kernel =>
  moved(
    shown(outputs[0].shape, inputs[0].shape, (at) => at.map(step)),
    outside,
  );
/** Elementwise; `f` gets the values of all inputs at one element. */
function valueByValue(f: (...numbers: number[]) => number | boolean, { inputs, outputs }: GraphNode): Kernel {
  const indices = inputs.map(({ shape }) => broadcast(outputs[0].shape, shape));
  return (...given) => indices[0].map((_, i) => Number(f(...given.map((x, k) => x[indices[k][i]]))));
}

const VALUES: Readonly<Record<string, (...numbers: number[]) => number | boolean>> = {
  Abs: Math.abs,
  Exp: Math.exp,
  Log: Math.log,
  Sqrt: Math.sqrt,
  Neg: (x) => -x,
  LogicalNot: (x) => !x,
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Multiply: (a, b) => a * b,
  RealDiv: (a, b) => a / b,
  Maximum: Math.max,
  Minimum: Math.min,
  Pow: (a, b) => a ** b,
  Equal: (a, b) => a === b,
  Greater: (a, b) => a > b,
  Select: (condition, t, e) => (condition ? t : e),
};

/** Sums, or takes the maximum, over axes. */
function reduced(node: GraphNode, first: number, join: (a: number, b: number) => number): Kernel {
  const { axis } = attributesOf<'Sum' | 'Max'>(node);
  const [{ shape }] = node.inputs;
  const kept = shape.map((length, i) => (axis.includes(i) ? 1 : length));
  const target = placesOf(shape).map((at) =>
    indexIn(
      kept,
      at.map((i, k) => (axis.includes(k) ? 0 : i)),
    ),
  );
  return (x) => {
    const result = Array<number>(sizeOf(node.outputs[0])).fill(first);
    target.forEach((to, i) => (result[to] = join(result[to], x[i])));
    return result;
  };
}

const slice = (node: GraphNode): Kernel => {
  const { begin, strides } = { strides: [], ...attributesOf<'Slice'>(node) };
  return stepped(node, (i, axis) => begin[axis] + i * (strides[axis] ?? 1));
};

type Emitter = (node: GraphNode) => Kernel;
const EMITTERS: Readonly<Record<string, Emitter>> = {
  ...Object.fromEntries(Object.entries(VALUES).map(([op, f]) => [op, (node) => valueByValue(f, node)])),
  Cast: (node) => (x) => (node.attrs.dtype === 'bool' ? x.map((v) => Number(v !== 0)) : x),
  Reshape: () => (x) => x,
  BroadcastTo: ({ inputs: [x], outputs: [y] }) => moved(broadcast(y.shape, x.shape)),
  Transpose: (node) => {
    const { perm } = attributesOf<'Transpose'>(node);
    const [x, y] = [node.inputs[0].shape, node.outputs[0].shape];
    return moved(shown(y, x, (at) => x.map((_, axis) => at[perm.indexOf(axis)])));
  },
  Slice: slice,
  StridedSlice: slice,
  PadV2: (node) => {
    const { paddings, constantValue } = attributesOf<'PadV2'>(node);
    return stepped(node, (i, axis) => i - paddings[axis][0], constantValue);
  },
  GatherV2: (node) => {
    const { axis, batchDims } = attributesOf<'GatherV2'>(node);
    if (batchDims) throw new Gap('GatherV2 with batch axes', { engine: 'toy' });
    const [x, indices] = node.inputs.map(({ shape }) => shape);
    const places = placesOf(node.outputs[0].shape).map((at) => {
      const rest = at.slice(axis + indices.length);
      return [indexIn(indices, at.slice(axis)), indexIn(x, [...at.slice(0, axis), 0, ...rest])];
    });
    return (from, which) => places.map(([pick, first]) => from[first + which[pick] * stridesOf(x)[axis]]);
  },
  Sum: (node) => reduced(node, 0, (a, b) => a + b),
  Max: (node) => reduced(node, -Infinity, Math.max),
  BatchMatMul: (node) => {
    const { transposeA, transposeB } = attributesOf<'BatchMatMul'>(node);
    const [a, b] = node.inputs.map(({ shape }) => shape);
    const depth = a.at(transposeA ? -2 : -1)!;
    const element = (shape: Shape, batch: Shape, row: number, column: number, turned: boolean): number => {
      const at = shape.slice(0, -2).map((length, i) => (length === 1 ? 0 : batch[i]));
      return indexIn(shape, turned ? [...at, column, row] : [...at, row, column]);
    };
    const terms = placesOf(node.outputs[0].shape).map((at) =>
      Array.from({ length: depth }, (_, k) => [
        element(a, at, at.at(-2)!, k, transposeA),
        element(b, at, k, at.at(-1)!, transposeB),
      ]),
    );
    return (x, y) => terms.map((pairs) => pairs.reduce((sum, [i, j]) => sum + x[i] * y[j], 0));
  },
};

function compile(graph: Graph): Program {
  const kernels = graph.nodes.map((node) => {
    if (!EMITTERS[node.op]) throw new Gap(node.op, { step: graph.name, engine: 'toy' });
    return EMITTERS[node.op](node);
  });
  return (entries) => {
    const known = new Map<Value, Numbers>([...graph.state, ...graph.inputs].map(({ value }, i) => [value, entries[i]]));
    for (const [value, data] of graph.constants) known.set(value, Float32Array.from(data));
    graph.nodes.forEach(({ inputs, outputs: [output] }, i) => {
      const numbers = output.dtype === 'float32' ? new Float32Array(sizeOf(output)) : new Int32Array(sizeOf(output));
      numbers.set(kernels[i](...inputs.map((input) => known.get(input)!)));
      known.set(output, numbers);
    });
    const leave = (list: Graph['outputs']) => list.map(({ value }) => known.get(value)!.slice());
    return { newState: leave(graph.newState), outputs: leave(graph.outputs) };
  };
}

const target: Target<Program, Numbers> = {
  ops: new Set(Object.keys(EMITTERS)),
  compile,
  execute: (program, state, inputs) => program([...state, ...inputs]),
  upload: ({ data }) => data.slice(),
  download: (numbers, { shape, dtype }) =>
    hostTensor(shape, dtype === 'float32' ? Float32Array.from(numbers) : Int32Array.from(numbers)),
  release: () => {},
};

export const openToyEngine = (eager?: Engine, emit?: Emit): Engine =>
  openCompiledEngine({ name: 'toy', device: 'typed arrays', lowering: 'toy', target, eager, emit });
