/** Sizes, strides and paddings of convolutions, pooling and their gradients. */
import { backend_util } from '@tensorflow/tfjs-core';
import { inputOf, type GraphNode } from '../graph.js';
import type { ConvolutionAttributes, Padding4D, Pair, PoolAttributes } from './attributes.js';

type Four = [number, number, number, number];

/** How a window moves over its input. Pairs are height and width. */
export interface Window {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inSize: Pair;
  readonly outSize: Pair;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Zeros before and after. */
  readonly padBefore: Pair;
  readonly padAfter: Pair;
  /** Whether the padding is derived from the size, like tfjs's `'same'`. */
  readonly samePadding: boolean;
}

const CONVOLUTIONS: Readonly<
  Record<string, { readonly depthwise: boolean; readonly x: Shape; readonly filter: Shape }>
> = Object.fromEntries(
  [
    { name: 'Conv2D', depthwise: false },
    { name: 'DepthwiseConv2dNative', depthwise: true },
  ].flatMap(({ name, depthwise }) => [
    [name, { depthwise, x: ofInput('x'), filter: ofInput('filter') }],
    [`${name}BackpropInput`, { depthwise, x: ofOutput, filter: ofInput('filter') }],
    [`${name}BackpropFilter`, { depthwise, x: ofInput('x'), filter: ofOutput }],
  ]),
);
const POOLS: Readonly<Record<string, Shape>> = {
  MaxPool: ofInput('x'),
  AvgPool: ofInput('x'),
  MaxPoolGrad: ofInput('input'),
  AvgPoolGrad: ofInput('input'),
};

type Shape = (node: GraphNode) => readonly number[];
function ofInput(name: string): Shape {
  return (node) => inputOf(node, name).shape;
}
function ofOutput(node: GraphNode): readonly number[] {
  return node.outputs[0].shape;
}

export const WINDOWED_OPS: readonly string[] = [...Object.keys(CONVOLUTIONS), ...Object.keys(POOLS)];

/** The window of a convolution, a pooling, or a gradient of one. Throws a plain `Error` for any other op. */
export function windowOf(node: GraphNode): Window {
  const { attrs } = node;
  const same = (attrs.same as boolean | undefined) ?? attrs.pad === 'same';
  const convolution = CONVOLUTIONS[node.op];
  if (convolution) {
    if (attrs.dataFormat && attrs.dataFormat !== 'NHWC') throw new Error('only NHWC images can be captured');
    return window(
      backend_util.computeConv2DInfo(
        [...convolution.x(node)] as Four,
        [...convolution.filter(node)] as Four,
        attrs.strides as number,
        (attrs.dilations as number | undefined) ?? 1,
        attrs.pad as 'same',
        attrs.dimRoundingMode as 'floor',
        convolution.depthwise,
      ),
      same,
    );
  }
  if (!POOLS[node.op]) throw new Error(`${node.op} has no window`);
  return window(
    backend_util.computePool2DInfo(
      [...POOLS[node.op](node)] as Four,
      attrs.filterSize as number,
      attrs.strides as number,
      1,
      attrs.pad as 'same',
      attrs.dimRoundingMode as 'floor',
    ),
    same,
  );
}

function window(info: backend_util.Conv2DInfo, samePadding: boolean): Window {
  return {
    batch: info.batchSize,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    inSize: [info.inHeight, info.inWidth],
    outSize: [info.outHeight, info.outWidth],
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    padBefore: [info.padInfo.top, info.padInfo.left],
    padAfter: [info.padInfo.bottom, info.padInfo.right],
    samePadding,
  };
}

/** The padding that the last window needs after the input. Anything beyond it is ignored. */
export function neededPadAfter({ inSize, outSize, kernel, strides, dilations, padBefore }: Window): Pair {
  const along = (axis: 0 | 1): number =>
    Math.max(
      0,
      (outSize[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1 - inSize[axis] - padBefore[axis],
    );
  return [along(0), along(1)];
}

/** The canonical attributes of a node with a window. */
export function windowAttributes(node: GraphNode): Readonly<Record<string, unknown>> {
  const window = windowOf(node);
  const { strides, dilations, kernel, padBefore, samePadding } = window;
  // sizes that are rounded up reach beyond the given padding
  const needed = neededPadAfter(window);
  const padAfter = window.padAfter.map((after, axis) => Math.max(after, needed[axis]));
  const pad: Padding4D = [
    [0, 0],
    [padBefore[0], padAfter[0]],
    [padBefore[1], padAfter[1]],
    [0, 0],
  ];
  const moving = { strides, pad, same: samePadding, dimRoundingMode: 'floor' as const };
  if (POOLS[node.op]) return { ...moving, filterSize: kernel } satisfies PoolAttributes;
  const { inputShape, filterShape } = node.attrs;
  return {
    ...moving,
    dilations,
    dataFormat: 'NHWC',
    ...(inputShape !== undefined && { inputShape }),
    ...(filterShape !== undefined && { filterShape }),
  } satisfies ConvolutionAttributes & Record<string, unknown>;
}
