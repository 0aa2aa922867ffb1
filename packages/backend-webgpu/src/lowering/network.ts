/** Matrix products, convolutions, pooling and normalisation, with gradients. All images are NHWC. */
import { attributesOf, neededPadAfter, windowOf, type GraphNode, type Window } from '@facewright/capture';
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
import { BUSY, gap, map, reduceAxis, tensor, type Lowering, type Lowerings } from './context.js';

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
  const { transposeA, transposeB } = attributesOf(node, 'BatchMatMul');
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
    depthFirst: { a: !transposeA, b: transposeB },
  });
};

/** Whether each output pixel depends on one input pixel only, the one at its place. */
const isPlain = ({ kernel, strides, inSize, outSize }: Window): boolean =>
  [...kernel, ...strides].every((number) => number === 1) && inSize.every((size, side) => size === outSize[side]);

/** The image value at the kernel position `tap` for the output `pixel`; 0 outside. */
function seen(code: Code, x: Node, window: Window, pixel: string, tap: string, channel: string): string {
  const [image, oy, ox] = coordinates(code, pixel, [window.batch, ...window.outSize]);
  const [ky, kx] = coordinates(code, tap, window.kernel);
  const y = code.let(shifted(oy, window.strides[0], ky, window.dilations[0], window.padBefore[0]));
  const xx = code.let(shifted(ox, window.strides[1], kx, window.dilations[1], window.padBefore[1]));
  const at = code.let(
    `((${image} * ${window.inSize[0]}u + ${y}) * ${window.inSize[1]}u + ${xx}) * ${window.inChannels}u + ${channel}`,
  );
  const [beyondHeight, beyondWidth] = seesBeyond(window);
  const inside = [
    ...(beyondHeight ? [`${y} < ${window.inSize[0]}u`] : []),
    ...(beyondWidth ? [`${xx} < ${window.inSize[1]}u`] : []),
  ];
  return inside.length ? code.let(`select(0.0, ${code.at(x, at)}, ${inside.join(' && ')})`) : code.at(x, at);
}

/** Above or left of the image, the difference wraps around to a huge number. */
const shifted = (out: string, stride: number, tap: string, dilation: number, before: number): string =>
  `${out} * ${stride}u + ${tap} * ${dilation}u - ${before}u`;

/** Whether the kernel reaches beyond the image's edge, along height and width. */
function seesBeyond(window: Window): readonly boolean[] {
  const after = neededPadAfter(window);
  return window.padBefore.map((before, side) => before > 0 || after[side] > 0);
}

/**
 * The output pixel for which the image's (iy, ix) is at the kernel position `tap`; if there is none, the condition is
 * false.
 */
function seeing(
  code: Code,
  window: Window,
  [iy, ix]: readonly string[],
  tap: string,
): { oy: string; ox: string; inside: string } {
  const [ky, kx] = coordinates(code, tap, window.kernel);
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
  const y = one(iy, ky, window.dilations[0], window.padBefore[0], window.strides[0], window.outSize[0]);
  const x = one(ix, kx, window.dilations[1], window.padBefore[1], window.strides[1], window.outSize[1]);
  return { oy: y.name, ox: x.name, inside: `${y.inside} && ${x.inside}` };
}

const conv2d: Lowering = ({ x, filter }, node) => {
  const window = windowOf(node);
  const [rows, depth, columns] = [
    window.batch * window.outSize[0] * window.outSize[1],
    window.kernel[0] * window.kernel[1] * window.inChannels,
    window.outChannels,
  ];
  const patch: Operand = (code, from, _, pixel, k) =>
    seen(code, from, window, pixel, code.let(`${k} / ${window.inChannels}u`), code.let(`${k} % ${window.inChannels}u`));
  return multiplied([x.node, filter.node], node.outputs[0].shape, {
    batch: 1,
    rows,
    columns,
    depth,
    a: isPlain(window) ? matrix(rows, depth, false, false) : patch,
    b: matrix(depth, columns, false, false),
    depthFirst: { a: true, b: false },
  });
};

const conv2dInputGradient: Lowering = ({ dy, filter }, node) => {
  const { shape } = node.outputs[0];
  const window = windowOf(node);
  const [rows, columns, out] = [
    window.batch * window.inSize[0] * window.inSize[1],
    window.inChannels,
    window.outChannels,
  ];
  const depth = window.kernel[0] * window.kernel[1] * out;
  const slope: Operand = (code, from, _, pixel, k) => {
    const [image, iy, ix] = coordinates(code, pixel, [window.batch, ...window.inSize]);
    const { oy, ox, inside } = seeing(code, window, [iy, ix], code.let(`${k} / ${out}u`));
    const at = code.let(
      `((${image} * ${window.outSize[0]}u + ${oy}) * ${window.outSize[1]}u + ${ox}) * ${out}u + ${code.let(`${k} % ${out}u`)}`,
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
    a: isPlain(window) ? matrix(rows, depth, false, false) : slope,
    b: isPlain(window) ? matrix(columns, depth, true, false) : weight,
    depthFirst: { a: true, b: true },
  });
};

const conv2dFilterGradient: Lowering = ({ x, dy }, node) => {
  const { shape } = node.outputs[0];
  const window = windowOf(node);
  const [rows, columns, depth] = [
    window.kernel[0] * window.kernel[1] * window.inChannels,
    window.outChannels,
    window.batch * window.outSize[0] * window.outSize[1],
  ];
  const patch: Operand = (code, from, _, k, pixel) =>
    seen(code, from, window, pixel, code.let(`${k} / ${window.inChannels}u`), code.let(`${k} % ${window.inChannels}u`));
  return multiplied([x.node, dy.node], shape, {
    batch: 1,
    rows,
    columns,
    depth,
    a: isPlain(window) ? matrix(depth, rows, true, false) : patch,
    b: matrix(depth, columns, false, false),
    depthFirst: { a: false, b: false },
  });
};

/** Unrolled up to this many kernel positions. */
const UNROLLED = 9;

/** Σ over the kernel positions. */
function overTaps(code: Code, window: Window, term: (tap: string) => string): string {
  const taps = window.kernel[0] * window.kernel[1];
  if (taps <= UNROLLED) return Array.from({ length: taps }, (_, tap) => term(`${tap}u`)).join(' + ');
  const sum = code.fresh('sum');
  const tap = code.fresh('tap');
  code.line(`var ${sum} = 0.0;`);
  code.block(`for (var ${tap} = 0u; ${tap} < ${taps}u; ${tap}++)`, () => code.line(`${sum} += ${term(tap)};`));
  return sum;
}

function depthwiseWindow(node: GraphNode): Window {
  const window = windowOf(node);
  if (window.outChannels !== window.inChannels) throw gap(`${node.op} with several kernels per channel`);
  return window;
}

const depthwise: Lowering = ({ x, filter }, node) => {
  const { shape } = node.outputs[0];
  const window = depthwiseWindow(node);
  const emit = (code: Code, index: string): string => {
    const channel = code.let(`${index} % ${window.inChannels}u`);
    const pixel = code.let(`${index} / ${window.inChannels}u`);
    return overTaps(
      code,
      window,
      (tap) =>
        `${seen(code, x.node, window, pixel, tap, channel)} * ${code.at(filter.node, code.let(`${tap} * ${window.inChannels}u + ${channel}`))}`,
    );
  };
  return tensor(pointwise(sizeOf(shape), 'f32', [x.node, filter.node], HEAVY, emit), shape);
};

const depthwiseInputGradient: Lowering = ({ dy, filter }, node) => {
  const { shape } = node.outputs[0];
  const window = depthwiseWindow(node);
  const emit = (code: Code, index: string): string => {
    const [image, iy, ix, channel] = coordinates(code, index, shape);
    return overTaps(code, window, (tap) => {
      const { oy, ox, inside } = seeing(code, window, [iy, ix], tap);
      const at = code.let(
        `((${image} * ${window.outSize[0]}u + ${oy}) * ${window.outSize[1]}u + ${ox}) * ${window.inChannels}u + ${channel}`,
      );
      return `select(0.0, ${code.at(dy.node, at)}, ${inside}) * ${code.at(filter.node, code.let(`${tap} * ${window.inChannels}u + ${channel}`))}`;
    });
  };
  return tensor(pointwise(sizeOf(shape), 'f32', [dy.node, filter.node], HEAVY, emit), shape);
};

const depthwiseFilterGradient: Lowering = ({ x, dy }, node) => {
  const { shape } = node.outputs[0];
  const window = depthwiseWindow(node);
  const [taps, pixels, channels] = [
    window.kernel[0] * window.kernel[1],
    window.batch * window.outSize[0] * window.outSize[1],
    window.inChannels,
  ];
  const emit = (code: Code, index: string): string => {
    const [tap, pixel, channel] = coordinates(code, index, [taps, pixels, channels]);
    return `${seen(code, x.node, window, pixel, tap, channel)} * ${code.at(dy.node, code.let(`${pixel} * ${channels}u + ${channel}`))}`;
  };
  return tensor(
    reduceAxis(pointwise(taps * pixels * channels, 'f32', [x.node, dy.node], 12, emit), 'sum', taps, pixels, channels),
    shape,
  );
};

const pool =
  (max: boolean): Lowering =>
  ({ x }, node) => {
    const window = windowOf(node);
    const { shape } = node.outputs[0];
    const emit = (code: Code, index: string): string => {
      const channel = code.let(`${index} % ${window.inChannels}u`);
      const pixel = code.let(`${index} / ${window.inChannels}u`);
      const [image, oy, ox] = coordinates(code, pixel, [window.batch, ...window.outSize]);
      const [result, tap] = [code.fresh('pooled'), code.fresh('tap')];
      code.line(`var ${result} = ${max ? literal(-3.4028234663852886e38) : '0.0'};\nvar ${result}Count = 0.0;`);
      code.block(`for (var ${tap} = 0u; ${tap} < ${window.kernel[0] * window.kernel[1]}u; ${tap}++)`, () => {
        const [ky, kx] = coordinates(code, tap, window.kernel);
        const y = code.let(shifted(oy, window.strides[0], ky, 1, window.padBefore[0]));
        const xx = code.let(shifted(ox, window.strides[1], kx, 1, window.padBefore[1]));
        code.block(`if (${y} < ${window.inSize[0]}u && ${xx} < ${window.inSize[1]}u)`, () => {
          const value = code.at(
            x.node,
            code.let(
              `((${image} * ${window.inSize[0]}u + ${y}) * ${window.inSize[1]}u + ${xx}) * ${window.inChannels}u + ${channel}`,
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
    const epsilon = literal(attributesOf(node, 'FusedBatchNorm').varianceEpsilon);
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
