/** Matrix products, convolutions, pooling and normalisation, with gradients. All images are NHWC. */
import { backend_util } from '@tensorflow/tfjs-core';
import type { GraphNode } from '@facewright/capture';
import { literal, type Code } from '../program/code.js';
import {
  HEAVY,
  pointwise,
  product,
  reduce,
  type Node,
  type Operand,
  type Product,
  type Tensor,
} from '../program/node.js';
import { coordinates, sizeOf } from '../program/views.js';
import { attrsOf, BUSY, gap, map, reduceAxis, tensor, type Lowering, type Lowerings } from './context.js';

type Four = [number, number, number, number];
export type ConvInfo = backend_util.Conv2DInfo;

function infoOf(node: GraphNode, x: readonly number[], filter: readonly number[], depthwise: boolean): ConvInfo {
  const { strides, pad, dilations, dimRoundingMode } = attrsOf(node);
  return backend_util.computeConv2DInfo(
    x as Four,
    filter as Four,
    strides,
    dilations ?? [1, 1],
    pad,
    dimRoundingMode,
    depthwise,
  );
}

/** Depth that is worth a separate workgroup. */
const SHARE = 256;

/** Number of splits for a product with a small result and a large depth. */
function splitsFor(rows: number, columns: number, batch: number, depth: number): number {
  const tiles = Math.ceil(rows / 32) * Math.ceil(columns / 32) * batch;
  return Math.max(1, Math.min(Math.ceil(BUSY / tiles), Math.floor(depth / SHARE)));
}

function multiplied(
  inputs: readonly [Node, Node],
  shape: readonly number[],
  options: Omit<Parameters<typeof product>[1], 'splits'>,
): Tensor {
  const { batch, rows, columns, depth } = options;
  const splits = splitsFor(rows, columns, batch, depth);
  const partial: Product = product(inputs, { ...options, splits });
  return tensor(
    splits === 1 ? partial : reduce(partial, 'sum', { outer: batch, length: splits, chunks: 1, inner: rows * columns }),
    shape,
  );
}

/** Reads an element of a row-major matrix, of a batch of them, or of its transpose. */
const matrix =
  (rows: number, columns: number, transposed: boolean, batched: boolean): Operand =>
  (code, node, batch, row, column) => {
    const at = transposed ? `${column} * ${columns}u + ${row}` : `${row} * ${columns}u + ${column}`;
    return code.at(node, code.let(batched ? `${batch} * ${rows * columns}u + ${at}` : at));
  };

const matMul: Lowering = ({ a, b }, node) => {
  const { transposeA, transposeB } = attrsOf(node);
  const { shape } = node.outputs[0];
  const [batchA, batchB] = [a, b].map((one) => sizeOf(one.shape.slice(0, -2)));
  const batch = sizeOf(shape.slice(0, -2));
  if ([batchA, batchB].some((one) => one !== batch && one !== 1))
    throw gap('BatchMatMul with batch axes that are broadcast one by one');
  const [rows, columns] = shape.slice(-2);
  const [aRows, aColumns] = a.shape.slice(-2);
  const [bRows, bColumns] = b.shape.slice(-2);
  const depth = transposeA ? aRows : aColumns;
  return multiplied([a.node, b.node], shape, {
    batch,
    rows,
    columns,
    depth,
    a: matrix(aRows, aColumns, transposeA, batchA > 1),
    b: matrix(bRows, bColumns, transposeB, batchB > 1),
    depthFirst: { a: !transposeA, b: Boolean(transposeB) },
  });
};

const isPlain = ({
  filterHeight,
  filterWidth,
  strideHeight,
  strideWidth,
  inHeight,
  inWidth,
  outHeight,
  outWidth,
}: ConvInfo): boolean =>
  filterHeight === 1 &&
  filterWidth === 1 &&
  strideHeight === 1 &&
  strideWidth === 1 &&
  inHeight === outHeight &&
  inWidth === outWidth;

/** The image value at the kernel position `tap` for the output `pixel`; 0 outside. */
function seen(code: Code, x: Node, info: ConvInfo, pixel: string, tap: string, channel: string): string {
  const [image, oy, ox] = coordinates(code, pixel, [info.batchSize, info.outHeight, info.outWidth]);
  const [ky, kx] = coordinates(code, tap, [info.filterHeight, info.filterWidth]);
  const y = code.let(shifted(oy, info.strideHeight, ky, info.dilationHeight, info.padInfo.top));
  const xx = code.let(shifted(ox, info.strideWidth, kx, info.dilationWidth, info.padInfo.left));
  const at = code.let(
    `((${image} * ${info.inHeight}u + ${y}) * ${info.inWidth}u + ${xx}) * ${info.inChannels}u + ${channel}`,
  );
  const inside = [
    ...(sees(info, 'Height') ? [`${y} < ${info.inHeight}u`] : []),
    ...(sees(info, 'Width') ? [`${xx} < ${info.inWidth}u`] : []),
  ];
  return inside.length ? code.let(`select(0.0, ${code.at(x, at)}, ${inside.join(' && ')})`) : code.at(x, at);
}

/** Above or left of the image, the difference wraps around to a huge number. */
const shifted = (out: string, stride: number, tap: string, dilation: number, before: number): string =>
  `${out} * ${stride}u + ${tap} * ${dilation}u - ${before}u`;

/** Whether the kernel reaches beyond the image's edge. */
function sees(info: ConvInfo, side: 'Height' | 'Width'): boolean {
  const before = side === 'Height' ? info.padInfo.top : info.padInfo.left;
  return (
    before > 0 ||
    (info[`out${side}`] - 1) * info[`stride${side}`] + (info[`filter${side}`] - 1) * info[`dilation${side}`] - before >=
      info[`in${side}`]
  );
}

/**
 * The output pixel for which the image's (iy, ix) is at the kernel position `tap`; if there is none, the condition is
 * false.
 */
function seeing(
  code: Code,
  info: ConvInfo,
  [iy, ix]: readonly string[],
  tap: string,
): { oy: string; ox: string; inside: string } {
  const [ky, kx] = coordinates(code, tap, [info.filterHeight, info.filterWidth]);
  const one = (
    at: string,
    k: string,
    dilation: number,
    before: number,
    stride: number,
    out: number,
  ): { name: string; inside: string } => {
    const reach = code.let(`${at} + ${before}u - ${k} * ${dilation}u`);
    const name = stride === 1 ? reach : code.let(`${reach} / ${stride}u`);
    return { name, inside: stride === 1 ? `${name} < ${out}u` : `${name} < ${out}u && ${reach} % ${stride}u == 0u` };
  };
  const y = one(iy, ky, info.dilationHeight, info.padInfo.top, info.strideHeight, info.outHeight);
  const x = one(ix, kx, info.dilationWidth, info.padInfo.left, info.strideWidth, info.outWidth);
  return { oy: y.name, ox: x.name, inside: `${y.inside} && ${x.inside}` };
}

const conv2d: Lowering = ({ x, filter }, node) => {
  const info = infoOf(node, x.shape, filter.shape, false);
  const [rows, depth, columns] = [
    info.batchSize * info.outHeight * info.outWidth,
    info.filterHeight * info.filterWidth * info.inChannels,
    info.outChannels,
  ];
  const patch: Operand = (code, from, _, pixel, k) =>
    seen(code, from, info, pixel, code.let(`${k} / ${info.inChannels}u`), code.let(`${k} % ${info.inChannels}u`));
  return multiplied([x.node, filter.node], node.outputs[0].shape, {
    batch: 1,
    rows,
    columns,
    depth,
    a: isPlain(info) ? matrix(rows, depth, false, false) : patch,
    b: matrix(depth, columns, false, false),
    depthFirst: { a: true, b: false },
  });
};

const conv2dInputGradient: Lowering = ({ dy, filter }, node) => {
  const { shape } = node.outputs[0];
  const info = infoOf(node, shape, filter.shape, false);
  const [rows, columns, out] = [info.batchSize * info.inHeight * info.inWidth, info.inChannels, info.outChannels];
  const depth = info.filterHeight * info.filterWidth * out;
  const slope: Operand = (code, from, _, pixel, k) => {
    const [image, iy, ix] = coordinates(code, pixel, [info.batchSize, info.inHeight, info.inWidth]);
    const { oy, ox, inside } = seeing(code, info, [iy, ix], code.let(`${k} / ${out}u`));
    const at = code.let(
      `((${image} * ${info.outHeight}u + ${oy}) * ${info.outWidth}u + ${ox}) * ${out}u + ${code.let(`${k} % ${out}u`)}`,
    );
    return `select(0.0, ${code.at(from, at)}, ${inside})`;
  };
  const weight: Operand = (code, from, _, k, channel) =>
    code.at(
      from,
      code.let(`(${code.let(`${k} / ${out}u`)} * ${columns}u + ${channel}) * ${out}u + ${code.let(`${k} % ${out}u`)}`),
    );
  return multiplied([dy.node, filter.node], shape, {
    batch: 1,
    rows,
    columns,
    depth,
    a: isPlain(info) ? matrix(rows, depth, false, false) : slope,
    b: isPlain(info) ? matrix(columns, depth, true, false) : weight,
    depthFirst: { a: true, b: true },
  });
};

const conv2dFilterGradient: Lowering = ({ x, dy }, node) => {
  const { shape } = node.outputs[0];
  const info = infoOf(node, x.shape, shape, false);
  const [rows, columns, depth] = [
    info.filterHeight * info.filterWidth * info.inChannels,
    info.outChannels,
    info.batchSize * info.outHeight * info.outWidth,
  ];
  const patch: Operand = (code, from, _, k, pixel) =>
    seen(code, from, info, pixel, code.let(`${k} / ${info.inChannels}u`), code.let(`${k} % ${info.inChannels}u`));
  return multiplied([x.node, dy.node], shape, {
    batch: 1,
    rows,
    columns,
    depth,
    a: isPlain(info) ? matrix(depth, rows, true, false) : patch,
    b: matrix(depth, columns, false, false),
    depthFirst: { a: false, b: false },
  });
};

/** Unrolled up to this many kernel positions. */
const UNROLLED = 9;

/** Σ over the kernel positions. */
function overTaps(code: Code, info: ConvInfo, term: (tap: string) => string): string {
  const taps = info.filterHeight * info.filterWidth;
  if (taps <= UNROLLED) return Array.from({ length: taps }, (_, tap) => term(`${tap}u`)).join(' + ');
  const sum = code.fresh('sum');
  const tap = code.fresh('tap');
  code.line(`var ${sum} = 0.0;`);
  code.block(`for (var ${tap} = 0u; ${tap} < ${taps}u; ${tap}++)`, () => code.line(`${sum} += ${term(tap)};`));
  return sum;
}

function depthwiseInfo(node: GraphNode, x: readonly number[], filter: readonly number[]): ConvInfo {
  if (filter[3] !== 1) throw gap(`${node.op} with several kernels per channel`);
  return infoOf(node, x, filter, true);
}

const depthwise: Lowering = ({ x, filter }, node) => {
  const { shape } = node.outputs[0];
  const info = depthwiseInfo(node, x.shape, filter.shape);
  const emit = (code: Code, index: string): string => {
    const channel = code.let(`${index} % ${info.inChannels}u`);
    const pixel = code.let(`${index} / ${info.inChannels}u`);
    return overTaps(
      code,
      info,
      (tap) =>
        `${seen(code, x.node, info, pixel, tap, channel)} * ${code.at(filter.node, code.let(`${tap} * ${info.inChannels}u + ${channel}`))}`,
    );
  };
  return tensor(pointwise(sizeOf(shape), 'f32', [x.node, filter.node], HEAVY, emit), shape);
};

const depthwiseInputGradient: Lowering = ({ dy, filter }, node) => {
  const { shape } = node.outputs[0];
  const info = depthwiseInfo(node, shape, filter.shape);
  const emit = (code: Code, index: string): string => {
    const [image, iy, ix, channel] = coordinates(code, index, shape);
    return overTaps(code, info, (tap) => {
      const { oy, ox, inside } = seeing(code, info, [iy, ix], tap);
      const at = code.let(
        `((${image} * ${info.outHeight}u + ${oy}) * ${info.outWidth}u + ${ox}) * ${info.inChannels}u + ${channel}`,
      );
      return `select(0.0, ${code.at(dy.node, at)}, ${inside}) * ${code.at(filter.node, code.let(`${tap} * ${info.inChannels}u + ${channel}`))}`;
    });
  };
  return tensor(pointwise(sizeOf(shape), 'f32', [dy.node, filter.node], HEAVY, emit), shape);
};

const depthwiseFilterGradient: Lowering = ({ x, dy }, node) => {
  const { shape } = node.outputs[0];
  const info = depthwiseInfo(node, x.shape, shape);
  const [taps, pixels, channels] = [
    info.filterHeight * info.filterWidth,
    info.batchSize * info.outHeight * info.outWidth,
    info.inChannels,
  ];
  const emit = (code: Code, index: string): string => {
    const [tap, pixel, channel] = coordinates(code, index, [taps, pixels, channels]);
    return `${seen(code, x.node, info, pixel, tap, channel)} * ${code.at(dy.node, code.let(`${pixel} * ${channels}u + ${channel}`))}`;
  };
  return tensor(
    reduceAxis(pointwise(taps * pixels * channels, 'f32', [x.node, dy.node], 12, emit), 'sum', taps, pixels, channels),
    shape,
  );
};

const pool =
  (max: boolean): Lowering =>
  ({ x }, node) => {
    const { filterSize, strides, pad, dimRoundingMode } = attrsOf(node);
    const info = backend_util.computePool2DInfo(x.shape as Four, filterSize, strides, 1, pad, dimRoundingMode);
    const { shape } = node.outputs[0];
    const emit = (code: Code, index: string): string => {
      const channel = code.let(`${index} % ${info.inChannels}u`);
      const pixel = code.let(`${index} / ${info.inChannels}u`);
      const [image, oy, ox] = coordinates(code, pixel, [info.batchSize, info.outHeight, info.outWidth]);
      const [result, tap] = [code.fresh('pooled'), code.fresh('tap')];
      code.line(`var ${result} = ${max ? literal(-3.4028234663852886e38) : '0.0'};\nvar ${result}Count = 0.0;`);
      code.block(`for (var ${tap} = 0u; ${tap} < ${info.filterHeight * info.filterWidth}u; ${tap}++)`, () => {
        const [ky, kx] = coordinates(code, tap, [info.filterHeight, info.filterWidth]);
        const y = code.let(shifted(oy, info.strideHeight, ky, 1, info.padInfo.top));
        const xx = code.let(shifted(ox, info.strideWidth, kx, 1, info.padInfo.left));
        code.block(`if (${y} < ${info.inHeight}u && ${xx} < ${info.inWidth}u)`, () => {
          const value = code.at(
            x.node,
            code.let(
              `((${image} * ${info.inHeight}u + ${y}) * ${info.inWidth}u + ${xx}) * ${info.inChannels}u + ${channel}`,
            ),
          );
          code.line(max ? `${result} = max(${result}, ${value});` : `${result} += ${value};\n${result}Count += 1.0;`);
        });
      });
      return max ? result : `${result} / ${result}Count`;
    };
    return tensor(pointwise(sizeOf(shape), 'f32', [x.node], HEAVY, emit), shape);
  };

export const networkLowerings: Lowerings = {
  BatchMatMul: matMul,
  Conv2D: conv2d,
  Conv2DBackpropInput: conv2dInputGradient,
  Conv2DBackpropFilter: conv2dFilterGradient,
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  MaxPool: pool(true),
  AvgPool: pool(false),
  FusedBatchNorm: ({ x, mean, variance, scale, offset }, node) => {
    const epsilon = literal(attrsOf(node).varianceEpsilon ?? 1e-3);
    const factor = map(
      variance.shape,
      'f32',
      [variance, ...(scale ? [scale] : [])],
      3,
      (v, s = '1.0') => `${s} * inverseSqrt(${v} + ${epsilon})`,
    );
    return map(
      x.shape,
      'f32',
      [x, mean, factor, ...(offset ? [offset] : [])],
      2,
      (value, centre, by, plus) => `(${value} - ${centre}) * ${by}${plus ? ` + ${plus}` : ''}`,
    );
  },
};
