/** Reductions in standard ONNX. On images they stay in nchw if the order of the remaining axes allows it. */
import { attributesOf, type GraphNode, type Value } from '@facewright/capture';
import { int, type OnnxBuilder } from '../../onnx/builder.js';
import type { Emitter, Layout, Lowering } from '../context.js';
import { castTo } from './elementwise.js';
import { NCHW_AXIS } from './shape.js';

const REDUCTIONS: Readonly<Record<string, string>> = {
  Sum: 'ReduceSum',
  Mean: 'ReduceMean',
  Max: 'ReduceMax',
  Min: 'ReduceMin',
  Prod: 'ReduceProd',
};

function reduce(
  lowering: Lowering,
  node: GraphNode,
  op: string,
  prepare?: (onnx: OnnxBuilder, name: string) => string,
): [string, Layout] {
  const { onnx } = lowering;
  const [x] = node.inputs;
  const { axis: axes, keepDims: keep } = attributesOf(node, 'Sum', 'Mean', 'Max', 'Min', 'Prod', 'All', 'Any');
  const nchw = (lowering.has(x, 'nchw') || lowering.has(x, 'blocked')) && (keep || keepsOrder(axes, x));
  const source = lowering.get(x, nchw ? 'nchw' : 'plain');
  const along = onnx.integers(...axes.map((axis) => (nchw ? NCHW_AXIS[axis] : axis)));
  const result = axes.length
    ? onnx.op(op, [prepare ? prepare(onnx, source) : source, along], { keepdims: int(keep ? 1 : 0) })
    : source;
  return [result, nchw && keep ? 'nchw' : 'plain'];
}

/** Whether the remaining axes have the same order in nchw: all except "some of h, w" together with c. */
function keepsOrder(axes: readonly number[], x: Value): boolean {
  const left = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return left.map((axis) => NCHW_AXIS[axis]).every((place, i, all) => i === 0 || all[i - 1] < place);
}

const numeric =
  (op: string): Emitter =>
  (lowering, node) => {
    const [x] = node.inputs;
    const [output] = node.outputs;
    const prepare =
      x.dtype === 'bool' || (op === 'ReduceMean' && x.dtype === 'int32')
        ? (onnx: OnnxBuilder, name: string) => castTo(onnx, name, output.dtype)
        : undefined;
    const [name, layout] = reduce(lowering, node, op, prepare);
    lowering.set(output, layout, name);
  };

const logical =
  (op: string): Emitter =>
  (lowering, node) => {
    const [name, layout] = reduce(lowering, node, op, (onnx, source) => castTo(onnx, source, 'int32'));
    lowering.set(node.outputs[0], layout, castTo(lowering.onnx, name, 'bool'));
  };

const extreme =
  (op: string): Emitter =>
  (lowering, node) => {
    const { onnx } = lowering;
    const { axis } = attributesOf(node, 'ArgMax', 'ArgMin');
    lowering.set(
      node.outputs[0],
      'plain',
      castTo(onnx, onnx.op(op, [lowering.plain(node.inputs[0])], { axis: int(axis), keepdims: int(0) }), 'int32'),
    );
  };

const alongLastAxis =
  (op: string): Emitter =>
  (lowering, node) => {
    const [x] = node.inputs;
    lowering.set(
      node.outputs[0],
      'plain',
      lowering.onnx.op(op, [lowering.plain(x)], { axis: int(x.shape.length - 1) }),
    );
  };

/** In ⌈log₂ n⌉ rounds, every value is multiplied by the one 1, 2, 4, … positions before it. */
const cumulativeProduct: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [x] = node.inputs;
  const { axis, exclusive, reverse } = attributesOf(node, 'Cumprod');
  const length = x.shape[axis];
  const one = onnx.constant(x.dtype === 'int32' ? Int32Array.of(1) : Float32Array.of(1), []);
  const part = (name: string, start: number, end: number, step = 1): string =>
    onnx.op('Slice', [name, onnx.integers(start), onnx.integers(end), onnx.integers(axis), onnx.integers(step)]);
  const shifted = (name: string, places: number): string =>
    onnx.op(
      'Concat',
      [
        onnx.op('Expand', [one, onnx.integers(...x.shape.map((side, i) => (i === axis ? places : side)))]),
        part(name, 0, length - places),
      ],
      { axis: int(axis) },
    );
  const turned = (name: string): string => (reverse ? part(name, -1, -(2 ** 31), -1) : name);
  let products = turned(lowering.plain(x));
  if (exclusive) products = shifted(products, 1);
  for (let places = 1; places < length; places *= 2) products = onnx.op('Mul', [products, shifted(products, places)]);
  lowering.set(node.outputs[0], 'plain', turned(products));
};

export const reduction: Readonly<Record<string, Emitter>> = {
  ...Object.fromEntries(Object.entries(REDUCTIONS).map(([op, onnxOp]) => [op, numeric(onnxOp)])),
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: extreme('ArgMax'),
  ArgMin: extreme('ArgMin'),
  Softmax: alongLastAxis('Softmax'),
  LogSoftmax: alongLastAxis('LogSoftmax'),
  Cumsum: (lowering, node) => {
    const { onnx } = lowering;
    const { axis, exclusive, reverse } = attributesOf(node, 'Cumsum');
    const along = onnx.constant(BigInt64Array.of(BigInt(axis)), []);
    lowering.set(
      node.outputs[0],
      'plain',
      onnx.op('CumSum', [lowering.plain(node.inputs[0]), along], {
        exclusive: int(exclusive ? 1 : 0),
        reverse: int(reverse ? 1 : 0),
      }),
    );
  },
  Cumprod: cumulativeProduct,
  TopK: (lowering, node) => {
    const { onnx } = lowering;
    const { k, sorted } = attributesOf(node, 'TopK');
    const [values, indices] = onnx.multi('TopK', [lowering.plain(node.inputs[0]), onnx.integers(k)], 2, {
      sorted: int(sorted ? 1 : 0),
    });
    lowering.set(node.outputs[0], 'plain', values);
    lowering.set(node.outputs[1], 'plain', castTo(onnx, indices, 'int32'));
  },
};
