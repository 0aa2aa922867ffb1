/**
 * The canonical form of a graph: fused kernels are split, attributes are resolved (see `OpAttributes`), and ops that
 * can be expressed by another one plus a reshape or reversal are removed. Engines read it instead of tfjs's many ways
 * to express the same thing.
 */
import { slice_util, util, backend_util } from '@tensorflow/tfjs-core';
import { createValue, sameShape, sizeOf, type Graph, type GraphNode, type Value } from '../graph.js';
import { unfused } from '../passes/unfuse.js';
import { WINDOWED_OPS, windowAttributes } from './window.js';

// tfjs's attributes differ by kernel; each entry reads the ones its kernel has
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Raw = Record<string, any>;
type Resolved = Readonly<Record<string, unknown>>;
type Resolve = (attrs: Raw, node: GraphNode) => Resolved;

const forEach = (ops: readonly string[], resolve: Resolve): Readonly<Record<string, Resolve>> =>
  Object.fromEntries(ops.map((op) => [op, resolve]));
const axesOf = (axis: number | number[] | null | undefined, { shape }: Value): number[] =>
  util.parseAxisParam(axis as number | number[], [...shape]).sort((a, b) => a - b);
const axisOf = (axis: number | number[], value: Value): number => axesOf(axis, value)[0];
const shapeOfOutput: Resolve = (_, { outputs }) => ({ shape: outputs[0].shape });
const cumulative: Resolve = ({ axis, exclusive, reverse }, { inputs }) => ({
  axis: axisOf(axis ?? 0, inputs[0]),
  exclusive: Boolean(exclusive),
  reverse: Boolean(reverse),
});
const interpolation: Resolve = ({ alignCorners, halfPixelCenters }) => ({
  alignCorners: Boolean(alignCorners),
  halfPixelCenters: Boolean(halfPixelCenters),
});

const RESOLVE: Readonly<Record<string, Resolve>> = {
  ...forEach(WINDOWED_OPS, (_, node) => windowAttributes(node)),
  ...forEach(
    ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'All', 'Any'],
    ({ axis, reductionIndices, keepDims }, { inputs }) => {
      const axes = axesOf(axis ?? reductionIndices, inputs[0]);
      return { axis: axes, reductionIndices: axes, keepDims: Boolean(keepDims) };
    },
  ),
  ...forEach(['ArgMax', 'ArgMin'], ({ axis }, { inputs }) => ({ axis: axisOf(axis ?? 0, inputs[0]) })),
  ...forEach(['Cumsum', 'Cumprod'], cumulative),
  ...forEach(['Reshape', 'BroadcastTo', 'ScatterNd'], shapeOfOutput),
  ...forEach(['Concat', 'Pack'], ({ axis }, { outputs }) => ({ axis: axisOf(axis, outputs[0]) })),
  ...forEach(['ResizeBilinear', 'ResizeNearestNeighbor'], (attrs, node) => ({
    ...interpolation(attrs, node),
    size: [...attrs.size],
  })),
  ...forEach(['ResizeBilinearGrad', 'ResizeNearestNeighborGrad'], interpolation),
  BatchMatMul: ({ transposeA, transposeB }) => ({ transposeA: Boolean(transposeA), transposeB: Boolean(transposeB) }),
  Fill: ({ value }, { outputs: [{ shape, dtype }] }) => ({ shape, value: Number(value), dtype }),
  FusedBatchNorm: ({ varianceEpsilon }) => ({ varianceEpsilon: varianceEpsilon ?? 1e-3 }),
  GatherV2: ({ axis, batchDims }, node) => ({
    axis: axisOf(axis, node.inputs[node.inputNames.indexOf('x')]),
    batchDims: batchDims ?? 0,
  }),
  LeakyRelu: ({ alpha }) => ({ alpha: alpha ?? 0.2 }),
  OneHot: ({ depth, onValue, offValue }, { outputs: [{ dtype }] }) => ({
    depth,
    onValue: onValue ?? 1,
    offValue: offValue ?? 0,
    dtype,
  }),
  PadV2: ({ paddings, constantValue }) => ({ paddings, constantValue: constantValue ?? 0 }),
  Range: ({ start, stop, step }, { outputs: [{ dtype }] }) => ({ start, stop, step: step ?? 1, dtype }),
  Reverse: ({ dims }, { inputs }) => ({ dims: axesOf(dims, inputs[0]) }),
  Slice: ({ begin, size }, { inputs }) => {
    const [starts, sizes] = slice_util.parseSliceParams({ shape: inputs[0].shape } as never, begin, size);
    return { begin: starts, size: sizes };
  },
  SplitV: ({ numOrSizeSplits, axis }, { inputs: [x] }) => {
    const at = axisOf(axis, x);
    return {
      numOrSizeSplits: backend_util.prepareSplitSize({ shape: x.shape } as never, numOrSizeSplits, at),
      axis: at,
    };
  },
  Step: ({ alpha }) => ({ alpha: alpha ?? 0 }),
  TopK: ({ k, sorted }) => ({ k, sorted: sorted ?? true }),
  Unpack: ({ axis }, { inputs }) => ({ axis: axisOf(axis, inputs[0]) }),
};

/** Idempotent. */
export function canonical(graph: Graph): Graph {
  return { ...graph, nodes: graph.nodes.flatMap(canonicalNodes) };
}

/** One node in canonical form, which may take several nodes. */
export const canonicalNodes = (node: GraphNode): GraphNode[] => unfused(node).flatMap(resolved);

function resolved(node: GraphNode): GraphNode[] {
  if (node.op === 'ExpandDims') return [reshape(node.inputs[0], node.outputs[0])];
  if (node.op === 'StridedSlice') return stridedSlice(node);
  const resolve = RESOLVE[node.op];
  return [resolve ? { ...node, attrs: resolve(node.attrs, node) } : node];
}

const reshape = (x: Value, output: Value): GraphNode => ({
  op: 'Reshape',
  inputs: [x],
  inputNames: ['x'],
  attrs: { shape: output.shape },
  outputs: [output],
});

/**
 * Axes with negative strides are reversed first, masks become numbers, and axes are added or removed by a final
 * reshape.
 */
function stridedSlice(node: GraphNode): GraphNode[] {
  const [x] = node.inputs;
  const [output] = node.outputs;
  const a = node.attrs as Raw;
  const info = slice_util.sliceInfo(
    [...x.shape],
    a.begin,
    a.end,
    a.strides,
    a.beginMask ?? 0,
    a.endMask ?? 0,
    a.ellipsisMask ?? 0,
    a.newAxisMask ?? 0,
    a.shrinkAxisMask ?? 0,
  );
  const shape = x.shape.map((_, axis) =>
    Math.max(0, Math.ceil((info.end[axis] - info.begin[axis]) / info.strides[axis])),
  );
  const backwards = x.shape.flatMap((_, axis) => (info.strides[axis] < 0 ? [axis] : []));
  const begin = info.begin.map((start, axis) => (info.strides[axis] < 0 ? x.shape[axis] - 1 - start : start));
  const strides = info.strides.map(Math.abs);
  const end = begin.map((start, axis) => (shape[axis] ? start + (shape[axis] - 1) * strides[axis] + 1 : start));
  const nodes: GraphNode[] = [];
  let source = x;
  if (backwards.length) {
    source = createValue(x);
    nodes.push({ op: 'Reverse', inputs: [x], inputNames: ['x'], attrs: { dims: backwards }, outputs: [source] });
  }
  const whole = sameShape(shape, output.shape);
  const cut = whole ? output : createValue({ shape, dtype: x.dtype });
  const masks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
  const common = { inputs: [source], inputNames: ['x'], outputs: [cut] };
  nodes.push(
    strides.every((stride) => stride === 1) || sizeOf(cut) === 0
      ? { ...common, op: 'Slice', attrs: { begin, size: shape } }
      : { ...common, op: 'StridedSlice', attrs: { begin, end, strides, ...masks } },
  );
  if (!whole) nodes.push(reshape(cut, output));
  return nodes;
}
