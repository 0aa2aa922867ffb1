/** Matrix products, convolutions and pooling, with their gradients. All images are NHWC. */
import { neededPadAfter, windowOf, type GraphNode, type Window } from '@facewright/capture';
import { bool, ints, string, type Attributes } from '../runtime/attributes.js';
import { cast } from './cast.js';
import { reshaped, vectorOf, type Lowering, type Lowerings, type PlainLowering } from './lowering.js';

/**
 * Padding in TensorFlow's form: by name if it has one, otherwise in numbers. Anything beyond the last window is
 * omitted, so both sides agree on the output size whatever the rounding.
 */
function padding(window: Window): Attributes {
  const { inSize, outSize, strides, padBefore } = window;
  const padAfter = neededPadAfter(window);
  if ([...padBefore, ...padAfter].every((zeros) => zeros === 0)) return { padding: string('VALID') };
  const same = ([0, 1] as const).every((side) => {
    const total = padBefore[side] + padAfter[side];
    return outSize[side] === Math.ceil(inSize[side] / strides[side]) && padBefore[side] === Math.floor(total / 2);
  });
  if (same) return { padding: string('SAME') };
  return {
    padding: string('EXPLICIT'),
    explicit_paddings: ints([0, 0, padBefore[0], padAfter[0], padBefore[1], padAfter[1], 0, 0]),
  };
}

function convolution(node: GraphNode): Attributes {
  const window = windowOf(node);
  return { strides: ints([1, ...window.strides, 1]), dilations: ints([1, ...window.dilations, 1]), ...padding(window) };
}

function pooling(node: GraphNode): Attributes {
  const window = windowOf(node);
  return { ksize: ints([1, ...window.kernel, 1]), strides: ints([1, ...window.strides, 1]), ...padding(window) };
}

function averaging(node: GraphNode): Attributes {
  const attributes = pooling(node);
  if (attributes.explicit_paddings)
    throw new Error('average pooling must be padded with "same" or "valid", not a number');
  return attributes;
}

const matrixProduct: Lowering<'BatchMatMul'> = ({ a, b }, { transposeA, transposeB }, emit) => {
  const [left, right] = [cast(emit, a, 'float32'), cast(emit, b, 'float32')];
  const batch = [...a.shape.slice(0, -2), ...b.shape.slice(0, -2)];
  if (batch.some((length) => length !== 1))
    return emit.op('BatchMatMulV2', [left, right], {
      adj_x: bool(transposeA),
      adj_y: bool(transposeB),
    });
  // tfjs passes every product as a batch, usually of one
  const plain = emit.op('MatMul', [reshaped(emit, left, a.shape.slice(-2)), reshaped(emit, right, b.shape.slice(-2))], {
    transpose_a: bool(transposeA),
    transpose_b: bool(transposeB),
  });
  const [rows, columns] = [
    a.shape[a.shape.length - (transposeA ? 1 : 2)],
    b.shape[b.shape.length - (transposeB ? 2 : 1)],
  ];
  const rank = Math.max(a.shape.length, b.shape.length);
  return reshaped(emit, plain, [...Array<number>(rank - 2).fill(1), rows, columns]);
};

const convolve =
  (name: string): PlainLowering =>
  ({ x, filter }, _, emit, node) =>
    emit.op(name, [x.ref, filter.ref], convolution(node));
const toInput =
  (name: string): PlainLowering =>
  ({ dy, filter }, _, emit, node) =>
    emit.op(name, [vectorOf(emit, node.outputs[0].shape), filter.ref, dy.ref], convolution(node));
const toFilter =
  (name: string): PlainLowering =>
  ({ x, dy }, _, emit, node) =>
    emit.op(name, [x.ref, vectorOf(emit, node.outputs[0].shape), dy.ref], convolution(node));

export const networkLowerings: Lowerings = {
  BatchMatMul: matrixProduct,
  Conv2D: convolve('Conv2D'),
  Conv2DBackpropInput: toInput('Conv2DBackpropInput'),
  Conv2DBackpropFilter: toFilter('Conv2DBackpropFilter'),
  DepthwiseConv2dNative: convolve('DepthwiseConv2dNative'),
  DepthwiseConv2dNativeBackpropInput: toInput('DepthwiseConv2dNativeBackpropInput'),
  DepthwiseConv2dNativeBackpropFilter: toFilter('DepthwiseConv2dNativeBackpropFilter'),
  MaxPool: ({ x }, _, emit, node) => emit.op('MaxPool', [x.ref], pooling(node)),
  MaxPoolGrad: ({ dy, input, output }, _, emit, node) =>
    emit.op('MaxPoolGrad', [input.ref, output.ref, dy.ref], pooling(node)),
  AvgPool: ({ x }, _, emit, node) => emit.op('AvgPool', [x.ref], averaging(node)),
  AvgPoolGrad: ({ dy, input }, _, emit, node) =>
    emit.op('AvgPoolGrad', [vectorOf(emit, input.shape), dy.ref], averaging(node)),
  FusedBatchNorm: ({ x, mean, variance, offset, scale }, { varianceEpsilon }, emit) => {
    const epsilon = emit.constant(Float32Array.of(varianceEpsilon), [], 'float32');
    const inverse = emit.op('Rsqrt', [emit.op('AddV2', [variance.ref, epsilon])]);
    const factor = scale ? emit.op('Mul', [inverse, scale.ref]) : inverse;
    const scaled = emit.op('Mul', [emit.op('Sub', [x.ref, mean.ref]), factor]);
    return offset ? emit.op('AddV2', [scaled, offset.ref]) : scaled;
  },
};
