/**
 * Convolutions and their gradients on blocked images [c, n·h·w].
 *
 *   1×1        y = Wᵀ·x, ∂x = W·dy, ∂W = x·dyᵀ: one matrix product each over all images
 *   depthwise  onnxruntime's NCHWc depthwise convolution of c·n channels on the same memory; its kernel gradient slides dy over x
 *   others     few input channels (a first layer): the windows side by side, then like 1×1
 */
import { inputOf, type Value, windowOf, type Window } from '@facewright/capture';
import { int, ints, NCHWC_DOMAIN } from '../../onnx/builder.js';
import { four, type Emitter, type Lowering } from '../context.js';
import { filterGradientPadAfter, isPointwise, transposedPadding } from '../geometry.js';
import { fitsBlocks } from './channels.js';

/** The windows of a dense convolution, side by side, take at most this many times the input's memory. */
const MOST_WINDOW_ROWS = 128;

/** The value, or the one it is a per-channel multiple of. */
function source(lowering: Lowering, x: Value): { name: string; scale?: string } {
  return (!lowering.isMade(x) && lowering.scaled.get(x)) || { name: lowering.get(x, 'blocked') };
}

/** Multiplies the rows of a matrix, one per channel, by that channel's scale. */
const scaledRows = (lowering: Lowering, matrix: string, channels: number, scale?: string): string =>
  scale ? lowering.onnx.op('Mul', [matrix, lowering.reshape(scale, [channels, 1])]) : matrix;
/** Columns, one per channel. */
const scaledColumns = ({ onnx }: Lowering, matrix: string, scale?: string): string =>
  scale ? onnx.op('Mul', [matrix, scale]) : matrix;

const windowRows = ({ kernel, inChannels }: Window): number => kernel[0] * kernel[1] * inChannels;

const convolution: Emitter = (lowering, node) => {
  const [x, filter] = ['x', 'filter'].map((name) => inputOf(node, name));
  if (!fitsBlocks(lowering, x)) return false;
  const geometry = windowOf(node);
  if (!isPointwise(geometry) && windowRows(geometry) > MOST_WINDOW_ROWS) return false;
  const { name, scale } = isPointwise(geometry)
    ? source(lowering, x)
    : { name: windows(lowering, x, geometry), scale: undefined };
  const rows = isPointwise(geometry) ? geometry.inChannels : windowRows(geometry);
  const kernel = scaledRows(
    lowering,
    lowering.reshape(lowering.plain(filter), [rows, geometry.outChannels]),
    rows,
    scale,
  );
  // transposed explicitly: Gemm with transA transposes it again for every strip of columns, and takes 1.5 times as long
  lowering.set(
    node.outputs[0],
    'blocked',
    lowering.onnx.op('MatMul', [lowering.onnx.op('Transpose', [kernel], { perm: ints(1, 0) }), name]),
  );
  return undefined;
};

const filterGradient: Emitter = (lowering, node) => {
  const [x, dy] = ['x', 'dy'].map((name) => inputOf(node, name));
  const [output] = node.outputs;
  if (!fitsBlocks(lowering, x)) return false;
  const geometry = windowOf(node);
  if (!isPointwise(geometry) && windowRows(geometry) > MOST_WINDOW_ROWS) return false;
  const { name, scale } = isPointwise(geometry)
    ? source(lowering, x)
    : { name: windows(lowering, x, geometry), scale: undefined };
  const gradient = source(lowering, dy);
  const product = scaledColumns(
    lowering,
    lowering.onnx.op('Gemm', [name, gradient.name], { transB: int(1) }),
    gradient.scale,
  );
  lowering.set(
    output,
    'plain',
    lowering.reshape(scaledRows(lowering, product, geometry.inChannels, scale), output.shape),
  );
  return undefined;
};

const inputGradient: Emitter = (lowering, node) => {
  const [dy, filter] = ['dy', 'filter'].map((name) => inputOf(node, name));
  const [output] = node.outputs;
  const geometry = windowOf(node);
  if (!fitsBlocks(lowering, output) || !isPointwise(geometry)) return false;
  const { name, scale } = source(lowering, dy);
  const kernel = scaledColumns(
    lowering,
    lowering.reshape(lowering.plain(filter), [geometry.inChannels, geometry.outChannels]),
    scale,
  );
  lowering.set(output, 'blocked', lowering.onnx.op('MatMul', [kernel, name]));
  return undefined;
};

/** For each position in the kernel, the input seen there: [kh·kw·c, n·h'·w']. */
function windows(
  lowering: Lowering,
  x: Value,
  { kernel, strides, dilations, padBefore, padAfter, outSize, batch, inChannels }: Window,
): string {
  const {
    onnx,
    target: { block },
  } = lowering;
  const [, h, w] = four(x);
  const image = lowering.reshape(lowering.get(x, 'blocked'), [inChannels, batch / block, h, w, block]);
  const padded = [...padBefore, ...padAfter].some((pad) => pad > 0)
    ? onnx.op('Pad', [image, onnx.integers(0, 0, ...padBefore, 0, 0, 0, ...padAfter, 0)])
    : image;
  const parts = Array.from({ length: kernel[0] * kernel[1] }, (_, place) => {
    const start = [Math.floor(place / kernel[1]) * dilations[0], (place % kernel[1]) * dilations[1]];
    const end = start.map((from, axis) => from + (outSize[axis] - 1) * strides[axis] + 1);
    return onnx.op('Slice', [
      padded,
      onnx.integers(...start),
      onnx.integers(...end),
      onnx.integers(2, 3),
      onnx.integers(...strides),
    ]);
  });
  return lowering.reshape(onnx.op('Concat', parts, { axis: int(0) }), [
    kernel[0] * kernel[1] * inChannels,
    batch * outSize[0] * outSize[1],
  ]);
}

/** A depthwise kernel as [c, kh·kw]. */
function kernelRows(lowering: Lowering, filter: Value): string {
  const [h, w, c] = four(filter);
  return lowering.onnx.op('Transpose', [lowering.reshape(lowering.plain(filter), [h * w, c])], { perm: ints(1, 0) });
}

/** Each channel's kernel repeated for every image: [c·n, 1, kh, kw] in the layout's order. */
function forEveryImage(lowering: Lowering, rows: string, { inChannels, batch, kernel }: Window): string {
  const {
    onnx,
    target: { block },
  } = lowering;
  const places = kernel[0] * kernel[1];
  const spread = onnx.op('Expand', [
    lowering.reshape(rows, [inChannels, 1, places, 1]),
    onnx.integers(inChannels, batch / block, places, block),
  ]);
  return lowering.reshape(spread, [inChannels * batch, 1, ...kernel]);
}

const single = (filter: Value): boolean => filter.shape[3] === 1;
const isWhole = ({ kernel, inSize, padBefore, padAfter }: Window): boolean =>
  kernel.every((side, axis) => side === inSize[axis]) && [...padBefore, ...padAfter].every((pad) => pad === 0);

const depthwise: Emitter = (lowering, node) => {
  const [x, filter] = ['x', 'filter'].map((name) => inputOf(node, name));
  if (!fitsBlocks(lowering, x) || !single(filter)) return false;
  const geometry = windowOf(node);
  const { batch, inChannels, inSize, outSize } = geometry;
  const { name, scale } = source(lowering, x);
  const kernel = forEveryImage(
    lowering,
    scaledRows(lowering, kernelRows(lowering, filter), inChannels, scale),
    geometry,
  );
  const attributes = {
    group: int(inChannels * batch),
    kernel_shape: ints(...geometry.kernel),
    strides: ints(...geometry.strides),
    dilations: ints(...geometry.dilations),
    pads: ints(...geometry.padBefore, ...geometry.padAfter),
  };
  const result = lowering.onnx.op(
    'Conv',
    [lowering.reshape(name, [1, inChannels * batch, ...inSize]), kernel],
    attributes,
    NCHWC_DOMAIN,
  );
  lowering.set(node.outputs[0], 'blocked', lowering.reshape(result, [inChannels, batch * outSize[0] * outSize[1]]));
  return undefined;
};

const depthwiseInputGradient: Emitter = (lowering, node) => {
  const {
    onnx,
    target: { block },
  } = lowering;
  const [dy, filter] = ['dy', 'filter'].map((name) => inputOf(node, name));
  const [output] = node.outputs;
  if (!fitsBlocks(lowering, output) || !single(filter)) return false;
  const geometry = windowOf(node);
  const { batch, inChannels: c, kernel, inSize, outSize, strides, dilations } = geometry;
  const length = batch * inSize[0] * inSize[1];
  const { name: gradient, scale } = source(lowering, dy);
  const rows = scaledRows(lowering, kernelRows(lowering, filter), c, scale);
  const places = kernel[0] * kernel[1];
  if (isWhole(geometry)) {
    // a 1×1 kernel: every pixel gets its weight times the one gradient
    const product = onnx.op('Mul', [
      lowering.reshape(gradient, [c, batch / block, 1, block]),
      lowering.reshape(rows, [c, 1, places, 1]),
    ]);
    lowering.set(output, 'blocked', lowering.reshape(product, [c, length]));
    return undefined;
  }
  // rows and columns skipped by the stride are filled with zeros, including the last ones
  const { before, after } = transposedPadding(geometry);
  const end = after.map((pad, axis) => pad - (strides[axis] - 1));
  if ([...before, ...end].some((pad) => pad < 0)) return false;
  const size = outSize.map((side, axis) => side * strides[axis]);
  const reversed = onnx.op('Slice', [
    rows,
    onnx.integers(-1),
    onnx.integers(-(2 ** 31)),
    onnx.integers(1),
    onnx.integers(-1),
  ]);
  const attributes = {
    group: int(c * batch),
    kernel_shape: ints(...kernel),
    strides: ints(1, 1),
    dilations: ints(...dilations),
    pads: ints(...before, ...end),
  };
  const spread = spreadOut(lowering, gradient, geometry);
  const result = onnx.op(
    'Conv',
    [lowering.reshape(spread, [1, c * batch, ...size]), forEveryImage(lowering, reversed, geometry)],
    attributes,
    NCHWC_DOMAIN,
  );
  lowering.set(output, 'blocked', lowering.reshape(result, [c, length]));
  return undefined;
};

/** Each pixel of [c·n/B, h, w, B] at the first position of a block of zeros as large as the stride. */
function spreadOut(
  lowering: Lowering,
  gradient: string,
  { batch, inChannels, outSize: [h, w], strides }: Window,
): string {
  const {
    onnx,
    target: { block },
  } = lowering;
  const rows = ((inChannels * batch) / block) * h;
  const widen = (name: string, count: number, length: number, times: number): string => {
    if (times === 1) return name;
    const zeros = onnx.op('ConstantOfShape', [onnx.integers(count, length * (times - 1))]);
    return onnx.op('Concat', [lowering.reshape(name, [count, length]), zeros], { axis: int(1) });
  };
  return widen(widen(gradient, rows * w, block, strides[1]), rows, w * strides[1] * block, strides[0]);
}

const depthwiseFilterGradient: Emitter = (lowering, node) => {
  const {
    onnx,
    target: { block },
  } = lowering;
  const [x, dy] = ['x', 'dy'].map((name) => inputOf(node, name));
  const [output] = node.outputs;
  if (!fitsBlocks(lowering, x) || !single(output)) return false;
  const geometry = windowOf(node);
  const { batch, inChannels: c, kernel, inSize, outSize, strides, dilations, padBefore } = geometry;
  const { name, scale } = source(lowering, x);
  const { name: gradient, scale: gradientScale } = source(lowering, dy);
  const places = kernel[0] * kernel[1];
  const after = filterGradientPadAfter(geometry);
  if (!isWhole(geometry) && after.some((pad) => pad < 0)) return false;
  const each = isWhole(geometry)
    ? onnx.op('Mul', [
        lowering.reshape(name, [c, batch / block, places, block]),
        lowering.reshape(gradient, [c, batch / block, 1, block]),
      ])
    : lowering.reshape(
        onnx.op(
          'Conv',
          [lowering.reshape(name, [1, c * batch, ...inSize]), lowering.reshape(gradient, [c * batch, 1, ...outSize])],
          {
            group: int(c * batch),
            kernel_shape: ints(...outSize),
            strides: ints(...dilations),
            dilations: ints(...strides),
            pads: ints(...padBefore, ...after),
          },
          NCHWC_DOMAIN,
        ),
        [c, batch / block, places, block],
      );
  const sums = scaledRows(
    lowering,
    onnx.op('ReduceSum', [each, onnx.integers(1, 3)], { keepdims: int(0) }),
    c,
    gradientScale,
  );
  const rows = scaledRows(lowering, sums, c, scale);
  lowering.set(output, 'plain', lowering.reshape(onnx.op('Transpose', [rows], { perm: ints(1, 0) }), output.shape));
  return undefined;
};

export const blockedConvolution: Readonly<Record<string, Emitter>> = {
  Conv2D: convolution,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
};
