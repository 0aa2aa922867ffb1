/**
 * Matrix products, convolutions with their gradients, pooling and batch normalisation, in standard ONNX on nchw.
 *
 *   ∂L/∂x of a convolution is the transposed convolution of dy;
 *   ∂L/∂w is a convolution of x with dy as its kernel, with batch and channels swapped, whose dilation is the stride.
 */
import { attributesOf, inputOf, optionalInput, type Value, windowOf, type Window } from '@facewright/capture';
import { float, int, ints, text, type OnnxBuilder } from '../../onnx/builder.js';
import type { OnnxAttribute } from '../../onnx/encode.js';
import { four, type Emitter, type Lowering } from '../context.js';
import { filterGradientPadAfter, isPointwise, transposedPadding } from '../geometry.js';

type Attributes = Readonly<Record<string, OnnxAttribute>>;

function windowAttributes({ target }: Lowering, geometry: Window): Attributes {
  const { kernel, strides, dilations, padBefore, padAfter, samePadding } = geometry;
  const padding: Attributes =
    target.anySize && samePadding ? { auto_pad: text('SAME_UPPER') } : { pads: ints(...padBefore, ...padAfter) };
  return { kernel_shape: ints(...kernel), strides: ints(...strides), dilations: ints(...dilations), ...padding };
}

/** [h, w, in, out] to [out, in, h, w]; a depthwise [h, w, c, m] to [c·m, 1, h, w]. */
export function kernelOf(lowering: Lowering, filter: Value, depthwise: boolean): string {
  const [h, w, c, m] = four(filter);
  const { onnx } = lowering;
  if (!depthwise) return onnx.op('Transpose', [lowering.plain(filter)], { perm: ints(3, 2, 0, 1) });
  return lowering.reshape(onnx.op('Transpose', [lowering.plain(filter)], { perm: ints(2, 3, 0, 1) }), [c * m, 1, h, w]);
}

const convolution =
  (depthwise: boolean): Emitter =>
  (lowering, node) => {
    const [x, filter] = ['x', 'filter'].map((name) => inputOf(node, name));
    const geometry = windowOf(node);
    const group = depthwise ? geometry.inChannels : 1;
    const attributes = { ...windowAttributes(lowering, geometry), group: int(group) };
    lowering.set(
      node.outputs[0],
      'nchw',
      lowering.onnx.op('Conv', [lowering.get(x, 'nchw'), kernelOf(lowering, filter, depthwise)], attributes),
    );
  };

const inputGradient =
  (depthwise: boolean): Emitter =>
  (lowering, node) => {
    const { onnx } = lowering;
    const [dy, filter] = ['dy', 'filter'].map((name) => inputOf(node, name));
    const [output] = node.outputs;
    const geometry = windowOf(node);
    const group = depthwise ? geometry.inChannels : 1;
    const source = lowering.get(dy, 'nchw');
    const { before, after } = transposedPadding(geometry);
    const unit = [...geometry.strides, ...geometry.dilations].every((number) => number === 1);
    // with stride 1 it is a plain convolution with the kernel flipped, which providers run far faster
    if (unit && (!depthwise || filter.shape[3] === 1) && [...before, ...after].every((number) => number >= 0)) {
      const turned = depthwise
        ? kernelOf(lowering, filter, true)
        : onnx.op('Transpose', [lowering.plain(filter)], { perm: ints(2, 3, 0, 1) });
      const kernel = geometry.kernel.every((side) => side === 1) ? turned : reversed(onnx, turned, [2, 3]);
      lowering.set(
        output,
        'nchw',
        onnx.op('Conv', [source, kernel], {
          kernel_shape: ints(...geometry.kernel),
          pads: ints(...before, ...after),
          group: int(group),
        }),
      );
      return;
    }
    const { kernel, strides, dilations, padBefore, padAfter } = geometry;
    const spare = ([0, 1] as const).map(
      (axis) =>
        geometry.inSize[axis] +
        padBefore[axis] +
        padAfter[axis] -
        ((geometry.outSize[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1),
    );
    const attributes = {
      kernel_shape: ints(...kernel),
      strides: ints(...strides),
      dilations: ints(...dilations),
      pads: ints(...padBefore, ...padAfter),
      output_padding: ints(...spare),
      group: int(group),
    };
    lowering.set(output, 'nchw', onnx.op('ConvTranspose', [source, kernelOf(lowering, filter, depthwise)], attributes));
  };

function reversed(onnx: OnnxBuilder, name: string, axes: readonly number[]): string {
  const each = (number: number): string => onnx.integers(...axes.map(() => number));
  return onnx.op('Slice', [name, each(-1), each(-(2 ** 31)), onnx.integers(...axes), each(-1)]);
}

/** Slides `kernel` over `source` with the stride as dilation; anything beyond the kernel's size is cut off. */
function correlate(lowering: Lowering, source: string, kernel: string, geometry: Window, group: number): string {
  const { onnx } = lowering;
  const after = filterGradientPadAfter(geometry);
  const attributes = {
    kernel_shape: ints(...geometry.outSize),
    dilations: ints(...geometry.strides),
    strides: ints(...geometry.dilations),
    pads: ints(...geometry.padBefore, ...after.map((pad) => Math.max(0, pad))),
    group: int(group),
  };
  const whole = onnx.op('Conv', [source, kernel], attributes);
  if (after.every((pad) => pad >= 0)) return whole;
  return onnx.op('Slice', [whole, onnx.integers(0, 0), onnx.integers(...geometry.kernel), onnx.integers(2, 3)]);
}

const denseFilterGradient: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [x, dy] = ['x', 'dy'].map((name) => inputOf(node, name));
  const [output] = node.outputs;
  const geometry = windowOf(node);
  const [turnedX, turnedDy] = [x, dy].map((value) =>
    onnx.op('Transpose', [lowering.get(value, 'nchw')], { perm: ints(1, 0, 2, 3) }),
  );
  if (isPointwise(geometry)) {
    const rows = geometry.batch * geometry.inSize[0] * geometry.inSize[1];
    const product = onnx.op(
      'Gemm',
      [
        lowering.reshape(turnedX, [geometry.inChannels, rows]),
        lowering.reshape(turnedDy, [geometry.outChannels, rows]),
      ],
      { transB: int(1) },
    );
    lowering.set(output, 'plain', lowering.reshape(product, output.shape));
    return;
  }
  // [in, out, h, w]
  lowering.set(
    output,
    'plain',
    onnx.op('Transpose', [correlate(lowering, turnedX, turnedDy, geometry, 1)], { perm: ints(2, 3, 0, 1) }),
  );
};

/**
 * Correlates each channel's plane with each of its dy's; with several kernels per channel, the plane is repeated for
 * each.
 */
const depthwiseFilterGradient: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [x, dy] = ['x', 'dy'].map((name) => inputOf(node, name));
  const [output] = node.outputs;
  const geometry = windowOf(node);
  const { batch, inChannels, inSize } = geometry;
  const multiplier = output.shape[3];
  const planes = batch * inChannels * multiplier;
  const once = lowering.get(x, 'nchw');
  const repeated =
    multiplier === 1
      ? once
      : onnx.op('Expand', [
          lowering.reshape(once, [batch, inChannels, 1, ...inSize]),
          onnx.integers(batch, inChannels, multiplier, ...inSize),
        ]);
  const source = lowering.reshape(repeated, [1, planes, ...inSize]);
  const kernel = lowering.reshape(lowering.get(dy, 'nchw'), [planes, 1, ...geometry.outSize]);
  const each = lowering.reshape(correlate(lowering, source, kernel, geometry, planes), [
    batch,
    inChannels * multiplier,
    ...geometry.kernel,
  ]);
  const sum = onnx.op('ReduceSum', [each, onnx.integers(0)], { keepdims: int(0) });
  lowering.set(output, 'plain', lowering.reshape(onnx.op('Transpose', [sum], { perm: ints(1, 2, 0) }), output.shape));
};

const matrixProduct: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [a, b] = ['a', 'b'].map((name) => inputOf(node, name));
  const { transposeA, transposeB } = attributesOf(node, 'BatchMatMul');
  const plainNames = [lowering.plain(a), lowering.plain(b)];
  if (a.shape.length === 2 && b.shape.length === 2) {
    lowering.set(
      node.outputs[0],
      'plain',
      transposeA || transposeB
        ? onnx.op('Gemm', plainNames, { transA: int(transposeA ? 1 : 0), transB: int(transposeB ? 1 : 0) })
        : onnx.op('MatMul', plainNames),
    );
    return;
  }
  const turned = (name: string, value: Value, turn: boolean): string => {
    const axes = value.shape.map((_, axis) => axis);
    return turn
      ? onnx.op('Transpose', [name], { perm: ints(...axes.slice(0, -2), axes.length - 1, axes.length - 2) })
      : name;
  };
  lowering.set(
    node.outputs[0],
    'plain',
    onnx.op('MatMul', [turned(plainNames[0], a, transposeA), turned(plainNames[1], b, transposeB)]),
  );
};

/** ONNX's code for the type. */
const FLOAT64 = int(11);

const pool =
  (op: string): Emitter =>
  (lowering, node) => {
    const [x] = node.inputs;
    const { dilations: _, ...attributes } = windowAttributes(lowering, windowOf(node));
    lowering.set(node.outputs[0], 'nchw', lowering.onnx.op(op, [lowering.get(x, 'nchw')], attributes));
  };

/**
 * The gradient goes to the first maximum of each window, whose index MaxPool returns. Providers without index outputs
 * leave float64 to the CPU, which has them.
 */
const maxPoolGradient: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [dy, input] = ['dy', 'input'].map((name) => inputOf(node, name));
  const [n, h, w, c] = four(input);
  const { dilations: _, ...attributes } = windowAttributes(lowering, windowOf(node));
  const [, places] = onnx.multi(
    'MaxPool',
    [onnx.op('Cast', [lowering.get(input, 'nchw')], { to: FLOAT64 })],
    2,
    attributes,
  );
  const flat = (name: string): string => onnx.op('Reshape', [name, onnx.integers(-1)]);
  const zeros = onnx.op('Expand', [onnx.scalar(0), onnx.integers(n * c * h * w)]);
  const scattered = onnx.op('ScatterElements', [zeros, flat(places), flat(lowering.get(dy, 'nchw'))], {
    axis: int(0),
    reduction: text('add'),
  });
  lowering.set(node.outputs[0], 'nchw', lowering.reshape(scattered, [n, c, h, w]));
};

/** Each value of dy, divided by its window's pixel count, goes back to all those pixels. */
const averagePoolGradient: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [dy, input] = ['dy', 'input'].map((name) => inputOf(node, name));
  const channels = input.shape[3];
  const { kernel, strides, padBefore, padAfter, inSize, outSize } = windowOf(node);
  const inside = (axis: 0 | 1, place: number): number => {
    const start = place * strides[axis] - padBefore[axis];
    return Math.min(start + kernel[axis], inSize[axis]) - Math.max(start, 0);
  };
  const share = Float32Array.from(
    { length: outSize[0] * outSize[1] },
    (_, i) => 1 / (inside(0, Math.floor(i / outSize[1])) * inside(1, i % outSize[1])),
  );
  const shared = onnx.op('Mul', [lowering.get(dy, 'nchw'), onnx.constant(share, [...outSize])]);
  const ones = onnx.constant(new Float32Array(channels * kernel[0] * kernel[1]).fill(1), [channels, 1, ...kernel]);
  const spare = ([0, 1] as const).map(
    (axis) => inSize[axis] + padBefore[axis] + padAfter[axis] - ((outSize[axis] - 1) * strides[axis] + kernel[axis]),
  );
  const attributes = {
    kernel_shape: ints(...kernel),
    strides: ints(...strides),
    pads: ints(...padBefore, ...padAfter),
    output_padding: ints(...spare),
    group: int(channels),
  };
  lowering.set(node.outputs[0], 'nchw', onnx.op('ConvTranspose', [shared, ones], attributes));
};

const batchNormInference: Emitter = (lowering, node) => {
  const x = inputOf(node, 'x');
  const channels = x.shape[x.shape.length - 1];
  const vector = (name: string, otherwise: number): string => {
    const value = optionalInput(node, name);
    return value
      ? lowering.reshape(lowering.plain(value), [channels])
      : lowering.onnx.constant(new Float32Array(channels).fill(otherwise), [channels]);
  };
  if (x.shape.length !== 4) throw lowering.unsupported(node, `of rank ${x.shape.length}`);
  const inputs = [
    lowering.get(x, 'nchw'),
    vector('scale', 1),
    vector('offset', 0),
    vector('mean', 0),
    vector('variance', 1),
  ];
  lowering.set(
    node.outputs[0],
    'nchw',
    lowering.onnx.op('BatchNormalization', inputs, {
      epsilon: float(attributesOf(node, 'FusedBatchNorm').varianceEpsilon),
    }),
  );
};

export const network: Readonly<Record<string, Emitter>> = {
  BatchMatMul: matrixProduct,
  Conv2D: convolution(false),
  Conv2DBackpropInput: inputGradient(false),
  Conv2DBackpropFilter: denseFilterGradient,
  DepthwiseConv2dNative: convolution(true),
  DepthwiseConv2dNativeBackpropInput: inputGradient(true),
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AveragePool'),
  MaxPoolGrad: maxPoolGradient,
  AvgPoolGrad: averagePoolGradient,
  FusedBatchNorm: batchNormInference,
};
