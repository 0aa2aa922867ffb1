/**
 * Ops that create, move, concatenate and gather values, in standard ONNX. Most work on the plain order; concatenation
 * and padding also on nchw.
 */
import { attributesOf, inputOf, sameShape, sizeOf, type GraphNode, type Value } from '@facewright/capture';
import { int, ints, text } from '../../onnx/builder.js';
import type { OnnxData } from '../../onnx/encode.js';
import { type Emitter, type Layout, type Lowering } from '../context.js';
import { castTo } from './elementwise.js';

/** Index in nchw of each captured axis. */
export const NCHW_AXIS = [0, 2, 3, 1];

function filledData({ dtype }: Value, number: number): OnnxData {
  if (dtype === 'float32') return Float32Array.of(number);
  return dtype === 'int32' ? Int32Array.of(number) : Uint8Array.of(number);
}

/** The layout of a rank 4 value that is available in nchw, else plain. */
function imageLayout(lowering: Lowering, values: readonly Value[]): Layout {
  return values.every((value) => value.shape.length === 4) &&
    values.some((value) => lowering.has(value, 'nchw') || lowering.has(value, 'blocked'))
    ? 'nchw'
    : 'plain';
}

const onPlain =
  (make: (lowering: Lowering, inputs: readonly string[], node: GraphNode) => string): Emitter =>
  (lowering, node) => {
    lowering.set(
      node.outputs[0],
      'plain',
      make(
        lowering,
        node.inputs.map((input) => lowering.plain(input)),
        node,
      ),
    );
  };

/** Index tensors of Gather and similar ops may be int32. */
export const shape: Readonly<Record<string, Emitter>> = {
  Reshape: (lowering, node) => {
    const [x] = node.inputs;
    const [output] = node.outputs;
    // [n, 1, 1, c] as rows has the same memory in nchw
    const rows =
      x.shape.length === 4 &&
      sameShape(output.shape, [x.shape[0], x.shape[3]]) &&
      x.shape[1] * x.shape[2] === 1 &&
      lowering.has(x, 'nchw') &&
      !lowering.target.anySize;
    const source = rows ? lowering.get(x, 'nchw') : lowering.plain(x);
    lowering.set(
      output,
      'plain',
      lowering.reshape(source, output.shape, rows ? [x.shape[0], x.shape[3], 1, 1] : x.shape),
    );
  },
  Transpose: onPlain(({ onnx }, [x], node) =>
    onnx.op('Transpose', [x], { perm: ints(...attributesOf(node, 'Transpose').perm) }),
  ),
  Fill: (lowering, node) => {
    const [output] = node.outputs;
    const number = lowering.onnx.constant(filledData(output, attributesOf(node, 'Fill').value), []);
    lowering.set(
      output,
      'plain',
      sizeOf(output) === 1 && output.shape.length === 0
        ? number
        : lowering.onnx.op('Expand', [number, lowering.onnx.integers(...output.shape)]),
    );
  },
  Range: (lowering, node) => {
    const [output] = node.outputs;
    const { start, step } = attributesOf(node, 'Range');
    const numbers = Array.from({ length: sizeOf(output) }, (_, i) => start + i * step);
    lowering.set(
      output,
      'plain',
      lowering.onnx.constant(
        output.dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers),
        output.shape,
      ),
    );
  },
  LinSpace: (lowering, node) => {
    const { start, stop, num } = attributesOf(node, 'LinSpace');
    const numbers = Float32Array.from({ length: num }, (_, i) => start + (i * (stop - start)) / Math.max(1, num - 1));
    lowering.set(node.outputs[0], 'plain', lowering.onnx.constant(numbers, [num]));
  },
  OneHot: onPlain((lowering, [indices], node) => {
    const { depth, onValue, offValue } = attributesOf(node, 'OneHot');
    const hot = lowering.onnx.op(
      'OneHot',
      [
        castTo(lowering.onnx, indices, 'int64'),
        lowering.onnx.integers(depth),
        lowering.onnx.constant(Float32Array.of(offValue, onValue), [2]),
      ],
      { axis: int(-1) },
    );
    const [output] = node.outputs;
    return output.dtype === 'float32' ? hot : castTo(lowering.onnx, hot, output.dtype);
  }),
  Tile: onPlain(({ onnx }, [x], node) => onnx.op('Tile', [x, onnx.integers(...attributesOf(node, 'Tile').reps)])),
  BroadcastTo: onPlain(({ onnx }, [x], node) => onnx.op('Expand', [x, onnx.integers(...node.outputs[0].shape)])),
  Concat: (lowering, node) => {
    const { axis } = attributesOf(node, 'Concat');
    const layout = imageLayout(lowering, node.inputs);
    const parts = node.inputs.map((input) => lowering.get(input, layout));
    lowering.set(
      node.outputs[0],
      layout,
      lowering.onnx.op('Concat', parts, { axis: int(layout === 'nchw' ? NCHW_AXIS[axis] : axis) }),
    );
  },
  Pack: onPlain(({ onnx }, inputs, node) => {
    const { axis } = attributesOf(node, 'Pack');
    return onnx.op(
      'Concat',
      inputs.map((input) => onnx.op('Unsqueeze', [input, onnx.integers(axis)])),
      { axis: int(axis) },
    );
  }),
  Unpack: (lowering, node) => {
    const { onnx } = lowering;
    const [value] = node.inputs;
    const { axis } = attributesOf(node, 'Unpack');
    node.outputs.forEach((output, i) =>
      lowering.set(
        output,
        'plain',
        onnx.op('Gather', [lowering.plain(value), onnx.constant(BigInt64Array.of(BigInt(i)), [])], { axis: int(axis) }),
      ),
    );
  },
  SplitV: (lowering, node) => {
    const { onnx } = lowering;
    const [x] = node.inputs;
    const { axis, numOrSizeSplits: sizes } = attributesOf(node, 'SplitV');
    const parts = onnx.multi('Split', [lowering.plain(x), onnx.integers(...sizes)], sizes.length, { axis: int(axis) });
    node.outputs.forEach((output, i) => lowering.set(output, 'plain', parts[i]));
  },
  Slice: onPlain(({ onnx }, [x], node) => {
    const { begin, size } = attributesOf(node, 'Slice');
    return onnx.op('Slice', [x, onnx.integers(...begin), onnx.integers(...begin.map((start, i) => start + size[i]))]);
  }),
  StridedSlice: onPlain(({ onnx }, [x], node) => {
    const { begin, end, strides } = attributesOf(node, 'StridedSlice');
    const axes = begin.map((_, axis) => axis);
    return onnx.op('Slice', [x, ...[begin, end, axes, strides].map((numbers) => onnx.integers(...numbers))]);
  }),
  PadV2: (lowering, node) => {
    const { onnx } = lowering;
    const layout = imageLayout(lowering, node.inputs);
    const { paddings, constantValue } = attributesOf(node, 'PadV2');
    const ordered = layout === 'nchw' ? [0, 3, 1, 2].map((axis) => paddings[axis]) : paddings;
    const value = onnx.constant(filledData(node.outputs[0], constantValue), []);
    lowering.set(
      node.outputs[0],
      layout,
      onnx.op('Pad', [
        lowering.get(node.inputs[0], layout),
        onnx.integers(...ordered.map(([before]) => before), ...ordered.map(([, after]) => after)),
        value,
      ]),
    );
  },
  MirrorPad: (lowering, node) => {
    const { onnx } = lowering;
    const { paddings, mode } = attributesOf(node, 'MirrorPad');
    if (mode === 'reflect') {
      const amounts = onnx.integers(...paddings.map(([before]) => before), ...paddings.map(([, after]) => after));
      lowering.set(
        node.outputs[0],
        'plain',
        onnx.op('Pad', [lowering.plain(node.inputs[0]), amounts], { mode: text('reflect') }),
      );
      return;
    }
    // symmetric: the border itself is mirrored too, which Pad cannot do
    const padded = paddings.reduce((name, [before, after], axis) => {
      if (before + after === 0) return name;
      const length = node.inputs[0].shape[axis];
      const places = Array.from({ length: before + length + after }, (_, i) => {
        if (i < before) return before - 1 - i;
        return i < before + length ? i - before : before + 2 * length - 1 - i;
      });
      return onnx.op('Gather', [name, onnx.integers(...places)], { axis: int(axis) });
    }, lowering.plain(node.inputs[0]));
    lowering.set(node.outputs[0], 'plain', padded);
  },
  Reverse: onPlain(({ onnx }, [x], node) => {
    const { dims: axes } = attributesOf(node, 'Reverse');
    const each = (number: number): string => onnx.integers(...axes.map(() => number));
    return onnx.op('Slice', [x, each(-1), each(-(2 ** 31)), onnx.integers(...axes), each(-1)]);
  }),
  GatherV2: onPlain((lowering, _, node) => {
    const [x, indices] = ['x', 'indices'].map((name) => inputOf(node, name));
    const { axis, batchDims } = attributesOf(node, 'GatherV2');
    if (batchDims) return gatherInBatches(lowering, node, x, indices);
    return lowering.onnx.op('Gather', [lowering.plain(x), lowering.plain(indices)], { axis: int(axis) });
  }),
  GatherNd: onPlain(({ onnx }, [params, indices]) => onnx.op('GatherND', [params, castTo(onnx, indices, 'int64')])),
  ScatterNd: onPlain((lowering, _, node) =>
    scatter(lowering, inputOf(node, 'indices'), inputOf(node, 'updates'), node.outputs[0]),
  ),
  TensorScatterUpdate: onPlain((lowering, _, node) => {
    const [tensor, indices, updates] = ['tensor', 'indices', 'updates'].map((name) =>
      lowering.plain(inputOf(node, name)),
    );
    return lowering.onnx.op('ScatterND', [tensor, castTo(lowering.onnx, indices, 'int64'), updates]);
  }),
  UnsortedSegmentSum: onPlain((lowering, _, node) => {
    const ids = inputOf(node, 'segmentIds');
    const indices = lowering.reshape(castTo(lowering.onnx, lowering.plain(ids), 'int64'), [sizeOf(ids), 1], ids.shape);
    return scatterAdd(lowering, indices, lowering.plain(inputOf(node, 'x')), node.outputs[0]);
  }),
};

/**
 * Each batch element gathers from its own rows: with the rows of all of them stacked, its indices are offset to where
 * it starts.
 */
function gatherInBatches(lowering: Lowering, node: GraphNode, x: Value, indices: Value): string {
  const { onnx } = lowering;
  const attrs = attributesOf(node, 'GatherV2');
  const batchDims = attrs.batchDims < 0 ? attrs.batchDims + indices.shape.length : attrs.batchDims;
  if (attrs.axis !== batchDims) throw lowering.unsupported(node, 'with an axis behind its batch dimensions');
  const batches = x.shape.slice(0, batchDims).reduce((product, side) => product * side, 1);
  const rows = x.shape[batchDims];
  const starts = onnx.constant(
    BigInt64Array.from({ length: batches }, (_, i) => BigInt(i * rows)),
    [batches, 1],
  );
  const each = castTo(onnx, lowering.reshape(lowering.plain(indices), [batches, sizeOf(indices) / batches]), 'int64');
  const all = lowering.reshape(lowering.plain(x), [batches * rows, ...x.shape.slice(batchDims + 1)]);
  return lowering.reshape(
    onnx.op('Gather', [all, onnx.op('Add', [each, starts])], { axis: int(0) }),
    node.outputs[0].shape,
  );
}

function scatter(lowering: Lowering, indices: Value, updates: Value, output: Value): string {
  return scatterAdd(lowering, castTo(lowering.onnx, lowering.plain(indices), 'int64'), lowering.plain(updates), output);
}

/** Duplicate rows are summed. */
function scatterAdd({ onnx }: Lowering, indices: string, updates: string, output: Value): string {
  const zeros = onnx.op('Expand', [onnx.constant(filledData(output, 0), []), onnx.integers(...output.shape)]);
  return onnx.op('ScatterND', [zeros, indices, updates], { reduction: text('add') });
}
