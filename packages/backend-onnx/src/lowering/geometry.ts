/** Sizes, strides and paddings of a convolution or pooling, read once from the captured attributes. */
import type { GraphNode } from '@facewright/capture';
import { backend_util } from '@tensorflow/tfjs-core';

type Four = [number, number, number, number];

export interface ConvGeometry {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inSize: readonly [number, number];
  readonly outSize: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Zeros before and after, in height and width. */
  readonly padBefore: readonly [number, number];
  readonly padAfter: readonly [number, number];
  readonly samePadding: boolean;
}

export function convGeometry(
  { attrs }: GraphNode,
  input: readonly number[],
  filter: readonly number[],
  depthwise = false,
): ConvGeometry {
  const info = backend_util.computeConv2DInfo(
    [...input] as Four,
    [...filter] as Four,
    attrs.strides as number,
    (attrs.dilations as number | undefined) ?? 1,
    attrs.pad as 'same',
    attrs.dimRoundingMode as 'floor',
    depthwise,
  );
  return geometry(info, attrs.pad === 'same');
}

export function poolGeometry({ attrs }: GraphNode, input: readonly number[]): ConvGeometry {
  const info = backend_util.computePool2DInfo(
    [...input] as Four,
    attrs.filterSize as number,
    attrs.strides as number,
    1,
    attrs.pad as 'same',
    attrs.dimRoundingMode as 'floor',
  );
  return geometry(info, attrs.pad === 'same');
}

function geometry(info: backend_util.Conv2DInfo, samePadding: boolean): ConvGeometry {
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

export const isPointwise = ({ kernel, strides, padBefore, padAfter }: ConvGeometry): boolean =>
  [...kernel, ...strides].every((number) => number === 1) &&
  [...padBefore, ...padAfter].every((number) => number === 0);

/** What a full stride-1 convolution of the spread-out output needs around it to give back an input of `inSize`; may be negative. */
export function transposedPadding({ kernel, strides, dilations, inSize, outSize, padBefore }: ConvGeometry): {
  before: [number, number];
  after: [number, number];
} {
  const both = <T>(f: (axis: 0 | 1) => T): [T, T] => [f(0), f(1)];
  const reach = both((axis) => (kernel[axis] - 1) * dilations[axis]);
  const before = both((axis) => reach[axis] - padBefore[axis]);
  return {
    before,
    after: both((axis) => inSize[axis] - ((outSize[axis] - 1) * strides[axis] + 1) + reach[axis] - before[axis]),
  };
}

/** Padding after the input so that sliding the spread-out output over it gives exactly the kernel's size; may be negative. */
export function filterGradientPadAfter({
  kernel,
  strides,
  dilations,
  inSize,
  outSize,
  padBefore,
}: ConvGeometry): [number, number] {
  const one = (axis: 0 | 1): number =>
    (kernel[axis] - 1) * dilations[axis] + (outSize[axis] - 1) * strides[axis] + 1 - inSize[axis] - padBefore[axis];
  return [one(0), one(1)];
}
