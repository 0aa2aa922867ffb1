/** Kernels that create, move, concatenate and gather values: each is an index computed where the result is read. */
import { attributesOf } from '@facewright/capture';
import type { Code } from '../program/code.js';
import { literal } from '../program/code.js';
import { pointwise, type Node, type Tensor } from '../program/node.js';
import { broadcastStrides, coordinates, sizeOf, stridesOf } from '../program/views.js';
import { gap, reduceAxis, reshaped, tensor, view, type Inputs, type Lowerings } from './context.js';

const listed = (inputs: Inputs): Tensor[] =>
  Object.keys(inputs)
    .sort((a, b) => Number(a) - Number(b))
    .map((key) => inputs[key]);
const zeroOf = ({ kind }: Node): string => literal(0, kind);

/** The index of the value at these coordinates. */
const offsetOf = (at: readonly number[], strides: readonly number[]): number =>
  at.reduce((sum, start, axis) => sum + start * strides[axis], 0);

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
  Identity: ({ x }) => x,
  FacewrightAfter: ({ x }) => x,
  Transpose: ({ x }, node) => {
    const strides = stridesOf(x.shape);
    return view(
      x,
      node.outputs[0].shape,
      attributesOf(node, 'Transpose').perm.map((axis) => strides[axis]),
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
    const strides = stridesOf(x.shape);
    return view(x, node.outputs[0].shape, strides, offsetOf(attributesOf(node, 'Slice').begin, strides));
  },
  StridedSlice: ({ x }, node) => {
    const { begin, strides: steps } = attributesOf(node, 'StridedSlice');
    const strides = stridesOf(x.shape);
    return view(
      x,
      node.outputs[0].shape,
      strides.map((stride, axis) => stride * steps[axis]),
      offsetOf(begin, strides),
    );
  },
  Reverse: ({ x }, node) => {
    const { dims } = attributesOf(node, 'Reverse');
    const strides = stridesOf(x.shape);
    const emit = (code: Code, index: string): string => {
      const own = coordinates(code, index, x.shape).map(
        (name, axis) => `(${dims.includes(axis) ? `${x.shape[axis] - 1}u - ${name}` : name}) * ${strides[axis]}u`,
      );
      return code.at(x.node, code.let(own.join(' + ')));
    };
    return tensor(pointwise(x.node.size, x.node.kind, [x.node], 3, emit), x.shape);
  },
  PadV2: ({ x }, node) => {
    const { paddings, constantValue } = attributesOf(node, 'PadV2');
    const { shape } = node.outputs[0];
    const strides = stridesOf(x.shape);
    const outside = literal(constantValue, x.node.kind);
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
    return joined(tensors, attributesOf(node, 'Concat').axis);
  },
  Pack: (inputs, node) => {
    const { shape } = node.outputs[0];
    const { axis } = attributesOf(node, 'Pack');
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
    const { axis } = attributesOf(node, 'Unpack');
    return parts(value, axis, Array<number>(value.shape[axis]).fill(1)).map((part, i) =>
      reshaped(part, node.outputs[i].shape),
    );
  },
  SplitV: ({ x }, node) => {
    const { axis, numOrSizeSplits } = attributesOf(node, 'SplitV');
    return parts(x, axis, numOrSizeSplits);
  },
  OneHot: ({ indices }, node) => {
    const { depth, onValue, offValue } = attributesOf(node, 'OneHot');
    const { shape, dtype } = node.outputs[0];
    const kind = dtype === 'float32' ? 'f32' : 'i32';
    const [on, off] = [onValue, offValue].map((value) => literal(value, kind));
    const emit = (code: Code, index: string): string => {
      const label = code.at(indices.node, code.let(`${index} / ${depth}u`));
      return `select(${off}, ${on}, ${label} == i32(${code.let(`${index} % ${depth}u`)}))`;
    };
    return tensor(pointwise(sizeOf(shape), kind, [indices.node], 2, emit), shape);
  },
  Range: (_, node) => {
    const { start, step } = attributesOf(node, 'Range');
    const { shape, dtype } = node.outputs[0];
    const kind = dtype === 'float32' ? 'f32' : 'i32';
    return tensor(
      pointwise(
        sizeOf(shape),
        kind,
        [],
        1,
        (_code, index) => `${literal(start, kind)} + ${kind}(${index}) * ${literal(step, kind)}`,
      ),
      shape,
    );
  },
  GatherV2: ({ x, indices }, node) => {
    const { axis: at, batchDims } = attributesOf(node, 'GatherV2');
    if (batchDims) throw gap('GatherV2 with batch axes');
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
