/** Kernels that create, move, concatenate and gather values: each is an index computed where the result is read. */
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import type { Code } from '../program/code.js';
import { literal } from '../program/code.js';
import { pointwise, type Node, type Tensor } from '../program/node.js';
import { broadcastStrides, coordinates, sizeOf, stridesOf } from '../program/views.js';
import { attrsOf, gap, reduceAxis, reshaped, tensor, view, type Inputs, type Lowerings } from './context.js';

const listed = (inputs: Inputs): Tensor[] =>
  Object.keys(inputs)
    .sort((a, b) => Number(a) - Number(b))
    .map((key) => inputs[key]);
const mutable = (shape: readonly number[]): number[] => [...shape];
const zeroOf = ({ kind }: Node): string => literal(0, kind);

/** Splits `x` along an axis into parts of these lengths. */
function parts(x: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  const strides = stridesOf(x.shape);
  let offset = 0;
  return sizes.map((size) => {
    const part = view(
      x,
      x.shape.map((dimension, i) => (i === axis ? size : dimension)),
      strides,
      offset * strides[axis],
    );
    offset += size;
    return part;
  });
}

/** Concatenates tensors of the same rank along an axis. */
function joined(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  const shape = first.shape.map((dimension, i) =>
    i === axis ? tensors.reduce((sum, one) => sum + one.shape[axis], 0) : dimension,
  );
  const emit = (code: Code, index: string): string => {
    const at = coordinates(code, index, shape);
    let result: string | undefined;
    let from = 0;
    for (const one of tensors) {
      const strides = stridesOf(one.shape);
      const own = code.let(
        at
          .map((name, i) => (i === axis ? `(${name} - ${from}u) * ${strides[i]}u` : `${name} * ${strides[i]}u`))
          .join(' + '),
      );
      const value = code.at(one.node, own);
      // a later tensor takes over from its first position on
      result = result === undefined ? value : code.let(`select(${result}, ${value}, ${at[axis]} >= ${from}u)`);
      from += one.shape[axis];
    }
    return result!;
  };
  return tensor(
    pointwise(
      sizeOf(shape),
      first.node.kind,
      tensors.map(({ node }) => node),
      4 * tensors.length,
      emit,
    ),
    shape,
  );
}

export const shapeLowerings: Lowerings = {
  Reshape: ({ x }, { outputs }) => reshaped(x, outputs[0].shape),
  ExpandDims: ({ input }, { outputs }) => reshaped(input, outputs[0].shape),
  Identity: ({ x }) => x,
  FacewrightAfter: ({ x }) => x,
  Transpose: ({ x }, node) => {
    const strides = stridesOf(x.shape);
    return view(
      x,
      node.outputs[0].shape,
      attrsOf(node).perm.map((axis: number) => strides[axis]),
    );
  },
  BroadcastTo: ({ x }, { outputs }) => view(x, outputs[0].shape, broadcastStrides(x.shape, outputs[0].shape)),
  Tile: ({ x }, { outputs: [{ shape }] }) => {
    const strides = stridesOf(x.shape);
    const emit = (code: Code, index: string): string => {
      const at = coordinates(code, index, shape);
      const own = at.map((name, axis) =>
        x.shape[axis] === 1
          ? '0u'
          : `(${shape[axis] === x.shape[axis] ? name : `${name} % ${x.shape[axis]}u`}) * ${strides[axis]}u`,
      );
      return code.at(x.node, code.let(own.join(' + ')));
    };
    return tensor(pointwise(sizeOf(shape), x.node.kind, [x.node], 3, emit), shape);
  },
  Slice: ({ x }, node) => {
    const { begin, size } = attrsOf(node);
    const [starts] = slice_util.parseSliceParams({ shape: x.shape } as never, begin, size);
    const strides = stridesOf(x.shape);
    return view(
      x,
      node.outputs[0].shape,
      strides,
      starts.reduce((sum, start, axis) => sum + start * strides[axis], 0),
    );
  },
  StridedSlice: ({ x }, node) => {
    const { begin, end, strides: steps, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrsOf(node);
    const info = slice_util.sliceInfo(
      mutable(x.shape),
      begin,
      end,
      steps,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    );
    if (info.strides.some((step) => step < 0)) throw gap('StridedSlice backwards');
    const strides = stridesOf(x.shape);
    const offset = info.begin.reduce((sum, start, axis) => sum + start * strides[axis], 0);
    const lengths = info.begin.map((start, axis) =>
      Math.max(0, Math.ceil((info.end[axis] - start) / info.strides[axis])),
    );
    return reshaped(
      view(
        x,
        lengths,
        strides.map((stride, axis) => stride * info.strides[axis]),
        offset,
      ),
      node.outputs[0].shape,
    );
  },
  Reverse: ({ x }, node) => {
    const axes = util.parseAxisParam(attrsOf(node).dims, mutable(x.shape));
    const strides = stridesOf(x.shape);
    const emit = (code: Code, index: string): string => {
      const own = coordinates(code, index, x.shape).map(
        (name, axis) => `(${axes.includes(axis) ? `${x.shape[axis] - 1}u - ${name}` : name}) * ${strides[axis]}u`,
      );
      return code.at(x.node, code.let(own.join(' + ')));
    };
    return tensor(pointwise(x.node.size, x.node.kind, [x.node], 3, emit), x.shape);
  },
  PadV2: ({ x }, node) => {
    const { paddings, constantValue } = attrsOf(node);
    const { shape } = node.outputs[0];
    const strides = stridesOf(x.shape);
    const outside = literal(constantValue ?? 0, x.node.kind);
    const emit = (code: Code, index: string): string => {
      // before the padding ends, the difference wraps around to a huge number
      const own = coordinates(code, index, shape).map((name, axis) =>
        paddings[axis][0] ? code.let(`${name} - ${paddings[axis][0]}u`) : name,
      );
      const inside = own.flatMap((name, axis) =>
        paddings[axis][0] || paddings[axis][1] ? [`${name} < ${x.shape[axis]}u`] : [],
      );
      const at = code.let(own.map((name, axis) => `${name} * ${strides[axis]}u`).join(' + ') || '0u');
      return inside.length ? `select(${outside}, ${code.at(x.node, at)}, ${inside.join(' && ')})` : code.at(x.node, at);
    };
    return tensor(pointwise(sizeOf(shape), x.node.kind, [x.node], 4, emit), shape);
  },
  Concat: (inputs, node) => {
    const tensors = listed(inputs).filter(({ shape }) => sizeOf(shape) > 0);
    return joined(tensors, util.parseAxisParam(attrsOf(node).axis, mutable(node.outputs[0].shape))[0]);
  },
  Pack: (inputs, node) => {
    const { shape } = node.outputs[0];
    const axis = attrsOf(node).axis < 0 ? attrsOf(node).axis + shape.length : attrsOf(node).axis;
    return joined(
      listed(inputs).map((one) =>
        reshaped(
          one,
          shape.map((dimension, i) => (i === axis ? 1 : dimension)),
        ),
      ),
      axis,
    );
  },
  Unpack: ({ value }, node) => {
    const axis = util.parseAxisParam(attrsOf(node).axis, mutable(value.shape))[0];
    return parts(value, axis, Array<number>(value.shape[axis]).fill(1)).map((part, i) =>
      reshaped(part, node.outputs[i].shape),
    );
  },
  SplitV: ({ x }, node) => {
    const axis = util.parseAxisParam(attrsOf(node).axis, mutable(x.shape))[0];
    return parts(
      x,
      axis,
      backend_util.prepareSplitSize({ shape: x.shape } as never, attrsOf(node).numOrSizeSplits, axis),
    );
  },
  OneHot: ({ indices }, node) => {
    const { depth, onValue, offValue } = attrsOf(node);
    const { shape, dtype } = node.outputs[0];
    const kind = dtype === 'float32' ? 'f32' : 'i32';
    const [on, off] = [onValue ?? 1, offValue ?? 0].map((value: number) => literal(value, kind));
    const emit = (code: Code, index: string): string => {
      const label = code.at(indices.node, code.let(`${index} / ${depth}u`));
      return `select(${off}, ${on}, ${label} == i32(${code.let(`${index} % ${depth}u`)}))`;
    };
    return tensor(pointwise(sizeOf(shape), kind, [indices.node], 2, emit), shape);
  },
  Range: (_, node) => {
    const { start, step } = attrsOf(node);
    const { shape, dtype } = node.outputs[0];
    const kind = dtype === 'float32' ? 'f32' : 'i32';
    return tensor(
      pointwise(
        sizeOf(shape),
        kind,
        [],
        1,
        (_code, index) => `${literal(start, kind)} + ${kind}(${index}) * ${literal(step ?? 1, kind)}`,
      ),
      shape,
    );
  },
  GatherV2: ({ x, indices }, node) => {
    const { axis, batchDims } = attrsOf(node);
    if (batchDims) throw gap('GatherV2 with batch axes');
    const at = util.parseAxisParam(axis, mutable(x.shape))[0];
    const { shape } = node.outputs[0];
    const [inner, picked, length] = [sizeOf(x.shape.slice(at + 1)), sizeOf(indices.shape), x.shape[at]];
    const emit = (code: Code, index: string): string => {
      const [outer, which, rest] = coordinates(code, index, [sizeOf(x.shape.slice(0, at)), picked, inner]);
      const row = code.let(`u32(${code.at(indices.node, which)})`);
      return code.at(x.node, code.let(`(${outer} * ${length}u + ${row}) * ${inner}u + ${rest}`));
    };
    return tensor(pointwise(sizeOf(shape), x.node.kind, [x.node, indices.node], 4, emit), shape);
  },
  // Σ over the rows with the segment's id: every segment looks at every row, which is cheap for one batch
  UnsortedSegmentSum: ({ x, segmentIds }, node) => {
    const { shape } = node.outputs[0];
    const rows = sizeOf(segmentIds.shape);
    const inner = x.node.size / rows;
    const chosen = (code: Code, index: string): string => {
      const [segment, row, rest] = coordinates(code, index, [shape[0], rows, inner]);
      return `select(${zeroOf(x.node)}, ${code.at(x.node, code.let(`${row} * ${inner}u + ${rest}`))}, ${code.at(segmentIds.node, row)} == i32(${segment}))`;
    };
    const spread = pointwise(shape[0] * x.node.size, x.node.kind, [x.node, segmentIds.node], 3, chosen);
    return tensor(reduceAxis(spread, 'sum', shape[0], rows, inner), shape);
  },
};
