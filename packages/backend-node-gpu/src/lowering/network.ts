/** Matrix products, convolutions and pooling, with their gradients. All images are NHWC. */
import { backend_util } from '@tensorflow/tfjs-core';
import { bool, float, ints, string, type Attributes } from '../runtime/attributes.js';
import { cast } from './cast.js';
import { loweringsFor, reshaped, vectorOf, type KernelAttributes, type Lowering, type Lowerings } from './lowering.js';

type Four = [number, number, number, number];
type Info = backend_util.Conv2DInfo;

/**
 * Padding in TensorFlow's form: by name if it has one, otherwise in numbers. Anything beyond the last window is
 * omitted, so both sides agree on the output size whatever the rounding.
 */
function padding({
  padInfo,
  inHeight,
  inWidth,
  outHeight,
  outWidth,
  strideHeight,
  strideWidth,
  effectiveFilterHeight,
  effectiveFilterWidth,
}: Info): Attributes {
  const along = (before: number, input: number, output: number, stride: number, window: number) => {
    const total = Math.max(0, (output - 1) * stride + window - input);
    const after = Math.max(0, (output - 1) * stride + window - input - before);
    return {
      before,
      after,
      same: output === Math.ceil(input / stride) && before === Math.floor(total / 2) && after === total - before,
    };
  };
  const rows = along(padInfo.top, inHeight, outHeight, strideHeight, effectiveFilterHeight);
  const columns = along(padInfo.left, inWidth, outWidth, strideWidth, effectiveFilterWidth);
  if (rows.before + rows.after + columns.before + columns.after === 0) return { padding: string('VALID') };
  if (rows.same && columns.same) return { padding: string('SAME') };
  return {
    padding: string('EXPLICIT'),
    explicit_paddings: ints([0, 0, rows.before, rows.after, columns.before, columns.after, 0, 0]),
  };
}

function convolution(
  x: readonly number[],
  filter: readonly number[],
  { strides, dilations, pad, dimRoundingMode, dataFormat }: KernelAttributes,
  depthwise: boolean,
): Attributes {
  if (dataFormat && dataFormat !== 'NHWC') throw new Error('only NHWC images are supported');
  const info = backend_util.computeConv2DInfo(
    x as Four,
    filter as Four,
    strides,
    dilations ?? [1, 1],
    pad,
    dimRoundingMode,
    depthwise,
  );
  return {
    strides: ints([1, info.strideHeight, info.strideWidth, 1]),
    dilations: ints([1, info.dilationHeight, info.dilationWidth, 1]),
    ...padding(info),
  };
}

function pooling(x: readonly number[], { filterSize, strides, pad, dimRoundingMode }: KernelAttributes): Attributes {
  const info = backend_util.computePool2DInfo(x as Four, filterSize, strides, 1, pad, dimRoundingMode);
  return {
    ksize: ints([1, info.filterHeight, info.filterWidth, 1]),
    strides: ints([1, info.strideHeight, info.strideWidth, 1]),
    ...padding(info),
  };
}

function averaging(x: readonly number[], attrs: KernelAttributes): Attributes {
  const attributes = pooling(x, attrs);
  if (attributes.explicit_paddings)
    throw new Error('average pooling must be padded with "same" or "valid", not a number');
  return attributes;
}

const matrixProduct: Lowering = ({ a, b }, { transposeA, transposeB }, emit) => {
  const [left, right] = [cast(emit, a, 'float32'), cast(emit, b, 'float32')];
  const batch = [...a.shape.slice(0, -2), ...b.shape.slice(0, -2)];
  if (batch.some((length) => length !== 1))
    return emit.op('BatchMatMulV2', [left, right], {
      adj_x: bool(Boolean(transposeA)),
      adj_y: bool(Boolean(transposeB)),
    });
  // tfjs passes every product as a batch, usually of one
  const plain = emit.op('MatMul', [reshaped(emit, left, a.shape.slice(-2)), reshaped(emit, right, b.shape.slice(-2))], {
    transpose_a: bool(Boolean(transposeA)),
    transpose_b: bool(Boolean(transposeB)),
  });
  const [rows, columns] = [
    a.shape[a.shape.length - (transposeA ? 1 : 2)],
    b.shape[b.shape.length - (transposeB ? 2 : 1)],
  ];
  const rank = Math.max(a.shape.length, b.shape.length);
  return reshaped(emit, plain, [...Array<number>(rank - 2).fill(1), rows, columns]);
};

/** Splits tfjs's fused kernels; TensorFlow's own optimiser fuses them again where that pays off. */
const fused =
  (plain: Lowering): Lowering =>
  (inputs, attrs, emit) => {
    const { bias, preluActivationWeights: slopes } = inputs;
    let result = plain(inputs, attrs, emit);
    if (bias) result = emit.op('AddV2', [result, bias.ref]);
    switch (attrs.activation) {
      case undefined:
      case null:
      case 'linear':
        return result;
      case 'relu':
        return emit.op('Relu', [result]);
      case 'relu6':
        return emit.op('Relu6', [result]);
      case 'elu':
        return emit.op('Elu', [result]);
      case 'sigmoid':
        return emit.op('Sigmoid', [result]);
      case 'leakyrelu':
        return emit.op('LeakyRelu', [result], { alpha: float(attrs.leakyreluAlpha) });
      case 'prelu':
        return emit.op('AddV2', [
          emit.op('Relu', [result]),
          emit.op('Mul', [emit.op('Neg', [emit.op('Relu', [emit.op('Neg', [result])])]), slopes.ref]),
        ]);
      default:
        throw new Error(`no activation "${attrs.activation}"`);
    }
  };

const convolve =
  (name: string, depthwise: boolean): Lowering =>
  ({ x, filter }, attrs, emit) =>
    emit.op(name, [x.ref, filter.ref], convolution(x.shape, filter.shape, attrs, depthwise));
const toInput =
  (name: string, depthwise: boolean): Lowering =>
  ({ dy, filter }, attrs, emit) =>
    emit.op(
      name,
      [vectorOf(emit, attrs.inputShape), filter.ref, dy.ref],
      convolution(attrs.inputShape, filter.shape, attrs, depthwise),
    );
const toFilter =
  (name: string, depthwise: boolean): Lowering =>
  ({ x, dy }, attrs, emit) =>
    emit.op(
      name,
      [x.ref, vectorOf(emit, attrs.filterShape), dy.ref],
      convolution(x.shape, attrs.filterShape, attrs, depthwise),
    );

const conv2d = convolve('Conv2D', false);
const depthwise = convolve('DepthwiseConv2dNative', true);

export const networkLowerings: Lowerings = {
  BatchMatMul: matrixProduct,
  _FusedMatMul: fused(matrixProduct),
  Conv2D: conv2d,
  FusedConv2D: fused(conv2d),
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: fused(depthwise),
  ...loweringsFor(['Conv2DBackpropInput'], (name) => toInput(name, false)),
  ...loweringsFor(['DepthwiseConv2dNativeBackpropInput'], (name) => toInput(name, true)),
  ...loweringsFor(['Conv2DBackpropFilter'], (name) => toFilter(name, false)),
  ...loweringsFor(['DepthwiseConv2dNativeBackpropFilter'], (name) => toFilter(name, true)),
  MaxPool: ({ x }, attrs, emit) => emit.op('MaxPool', [x.ref], pooling(x.shape, attrs)),
  MaxPoolGrad: ({ dy, input, output }, attrs, emit) =>
    emit.op('MaxPoolGrad', [input.ref, output.ref, dy.ref], pooling(input.shape, attrs)),
  AvgPool: ({ x }, attrs, emit) => emit.op('AvgPool', [x.ref], averaging(x.shape, attrs)),
  AvgPoolGrad: ({ dy, input }, attrs, emit) =>
    emit.op('AvgPoolGrad', [vectorOf(emit, input.shape), dy.ref], averaging(input.shape, attrs)),
  FusedBatchNorm: ({ x, mean, variance, offset, scale }, { varianceEpsilon = 1e-3 }, emit) => {
    const epsilon = emit.constant(Float32Array.of(varianceEpsilon), [], 'float32');
    const inverse = emit.op('Rsqrt', [emit.op('AddV2', [variance.ref, epsilon])]);
    const factor = scale ? emit.op('Mul', [inverse, scale.ref]) : inverse;
    const scaled = emit.op('Mul', [emit.op('Sub', [x.ref, mean.ref]), factor]);
    return offset ? emit.op('AddV2', [scaled, offset.ref]) : scaled;
  },
};
