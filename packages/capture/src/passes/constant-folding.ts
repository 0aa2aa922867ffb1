/**
 * Computes nodes whose inputs are all constants. Only small results are folded (a mask or one-hot table would bloat the
 * graph), using small interpreters for the ops left behind by gradients and shape arithmetic. Other ops remain nodes.
 */
import { constantOf, sizeOf, type ConstantData, type Graph, type GraphNode, type Value } from '../graph.js';

/** Larger results remain nodes. */
const LARGEST = 4096;

type Fold = (inputs: readonly ConstantData[], node: GraphNode) => ArrayLike<number> | undefined;

const unary =
  (f: (x: number) => number): Fold =>
  ([x]) =>
    Array.from(x, f);
const binary =
  (f: (a: number, b: number) => number): Fold =>
  ([a, b], node) => {
    const [left, right] = node.inputs.map((input) => broadcastReader(input.shape, node.outputs[0].shape));
    return Array.from({ length: sizeOf(node.outputs[0]) }, (_, i) => f(a[left(i)], b[right(i)]));
  };
const same: Fold = ([x]) => x;

const FOLDS: Readonly<Record<string, Fold>> = {
  Identity: same,
  Reshape: same,
  ExpandDims: same,
  Cast: ([x], node) => {
    if (node.attrs.dtype === 'int32') return Array.from(x, Math.trunc);
    return node.attrs.dtype === 'bool' ? Array.from(x, (value) => Number(value !== 0)) : x;
  },
  Fill: (_, node) =>
    typeof node.attrs.value === 'number' ? new Float64Array(sizeOf(node.outputs[0])).fill(node.attrs.value) : undefined,
  ZerosLike: (_, node) => new Float64Array(sizeOf(node.outputs[0])),
  OnesLike: (_, node) => new Float64Array(sizeOf(node.outputs[0])).fill(1),
  BroadcastTo: ([x], node) => {
    const reader = broadcastReader(node.inputs[0].shape, node.outputs[0].shape);
    return Array.from({ length: sizeOf(node.outputs[0]) }, (_, i) => x[reader(i)]);
  },
  Tile: ([x], node) => (x.length === 1 ? new Float64Array(sizeOf(node.outputs[0])).fill(x[0]) : undefined),
  Sum: ([x], node) =>
    sizeOf(node.outputs[0]) === 1 ? [Array.from(x).reduce((total, value) => total + value, 0)] : undefined,
  Neg: unary((x) => -x),
  Sqrt: unary(Math.sqrt),
  Rsqrt: unary((x) => 1 / Math.sqrt(x)),
  Square: unary((x) => x * x),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Cos: unary(Math.cos),
  Sin: unary(Math.sin),
  Reciprocal: unary((x) => 1 / x),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Multiply: binary((a, b) => a * b),
  RealDiv: binary((a, b) => a / b),
  Maximum: binary(Math.max),
  Minimum: binary(Math.min),
};

export function foldConstants(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.filter((node) => {
    const fold = FOLDS[node.op];
    // ZerosLike and OnesLike only use the shape of their input
    const needsNoValues = node.op === 'ZerosLike' || node.op === 'OnesLike';
    if (
      !fold ||
      node.outputs.length !== 1 ||
      sizeOf(node.outputs[0]) > LARGEST ||
      !(needsNoValues || node.inputs.every((input) => constants.has(input)))
    )
      return true;
    const folded = fold(
      node.inputs.map((input) => constants.get(input) ?? new Float32Array()),
      node,
    );
    if (!folded) return true;
    constants.set(node.outputs[0], constantOf(folded, node.outputs[0].dtype));
    return false;
  });
  return { ...graph, constants, nodes };
}

/** The index in a tensor of shape `from` that element i of its broadcast to `to` reads. */
function broadcastReader(from: Value['shape'], to: Value['shape']): (index: number) => number {
  if (from.every((dimension) => dimension === 1)) return () => 0;
  const missing = to.length - from.length;
  const strides: number[] = [];
  let stride = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    strides[axis] = from[axis] === 1 ? 0 : stride;
    stride *= from[axis];
  }
  return (index) => {
    let position = 0;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      if (axis >= missing) position += (index % to[axis]) * strides[axis - missing];
      index = Math.floor(index / to[axis]);
    }
    return position;
  };
}
