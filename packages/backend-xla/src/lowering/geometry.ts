/**
 * Window geometry of convolutions and pooling. Along an axis of length H, a kernel of k positions with dilation d spans
 * E = (k − 1)·d + 1; with stride s and O outputs the windows start over S = (O − 1)·s + 1 positions, the first one p
 * before the input.
 */
import { backend_util } from '@tensorflow/tfjs-core';
import type { PoolWindow } from '../hlo/builder.js';
import type { Attributes } from './lowering.js';

type Four = [number, number, number, number];
type Pair = readonly [number, number];

export interface ConvGeometry {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly outSize: Pair;
  readonly inChannels: number;
  readonly outChannels: number;
  /** For the output: [p, how far the last window reaches beyond the input]. */
  readonly pad: readonly [Pair, Pair];
  /** For the input gradient, a convolution of dy dilated by the stride: [E − 1 − p, H − S + p]. */
  readonly inputGradientPad: readonly [Pair, Pair];
  /** For the kernel gradient, a convolution of x with dy as its kernel: [p, (k − 1)·d − H − p + S]. */
  readonly kernelGradientPad: readonly [Pair, Pair];
}

export function convGeometry(
  x: readonly number[],
  filter: readonly number[],
  { strides, dilations, pad, dimRoundingMode, dataFormat }: Attributes,
  depthwise: boolean,
): ConvGeometry {
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
  const kernel: Pair = [info.filterHeight, info.filterWidth];
  const stride: Pair = [info.strideHeight, info.strideWidth];
  const dilation: Pair = [info.dilationHeight, info.dilationWidth];
  const size: Pair = [info.inHeight, info.inWidth];
  const out: Pair = [info.outHeight, info.outWidth];
  const before: Pair = [info.padInfo.top, info.padInfo.left];
  const sides = (pads: (side: 0 | 1, span: number, reach: number) => Pair): [Pair, Pair] => {
    const one = (side: 0 | 1): Pair =>
      pads(side, (out[side] - 1) * stride[side] + 1, (kernel[side] - 1) * dilation[side] + 1);
    return [one(0), one(1)];
  };
  return {
    kernel,
    strides: stride,
    dilations: dilation,
    outSize: out,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    pad: sides((side, span, reach) => [before[side], after(before[side], size[side], span - 1 + reach, stride[side])]),
    inputGradientPad: sides((side, span, reach) => [reach - 1 - before[side], size[side] - span + before[side]]),
    kernelGradientPad: sides((side, span, reach) => [before[side], reach - 1 - size[side] - before[side] + span]),
  };
}

/**
 * Padding after the input: the same as before it if the last window ignores the rest, because libraries pad both sides
 * equally and anything else needs a padded copy of the images.
 */
function after(before: number, size: number, needed: number, stride: number): number {
  const least = Math.max(0, needed - size - before);
  return before > least && size + 2 * before - needed < stride ? before : least;
}

export interface PoolGeometry extends PoolWindow {
  readonly outSize: Pair;
}

export function poolGeometry(
  x: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: Attributes,
): PoolGeometry {
  const info = backend_util.computePool2DInfo(x as Four, filterSize, strides, 1, pad, dimRoundingMode);
  const beyond = (before: number, size: number, out: number, stride: number, window: number): Pair => [
    before,
    Math.max(0, (out - 1) * stride + window - size - before),
  ];
  return {
    window: [1, info.filterHeight, info.filterWidth, 1],
    strides: [1, info.strideHeight, info.strideWidth, 1],
    pad: [
      [0, 0],
      beyond(info.padInfo.top, info.inHeight, info.outHeight, info.strideHeight, info.filterHeight),
      beyond(info.padInfo.left, info.inWidth, info.outWidth, info.strideWidth, info.filterWidth),
      [0, 0],
    ],
    outSize: [info.outHeight, info.outWidth],
  };
}
