/**
 * Window geometry of convolutions and pooling. Along an axis of length H, a kernel of k positions with dilation d spans
 * E = (k − 1)·d + 1; with stride s and O outputs the windows start over S = (O − 1)·s + 1 positions, the first one p
 * before the input.
 */
import { neededPadAfter, windowOf, type GraphNode } from '@facewright/capture';
import type { PoolWindow } from '../hlo/builder.js';

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

export function convGeometry(node: GraphNode): ConvGeometry {
  const { kernel, strides, dilations, inSize, outSize, inChannels, outChannels, padBefore } = windowOf(node);
  const sides = (pads: (side: 0 | 1, span: number, reach: number) => Pair): [Pair, Pair] => {
    const one = (side: 0 | 1): Pair =>
      pads(side, (outSize[side] - 1) * strides[side] + 1, (kernel[side] - 1) * dilations[side] + 1);
    return [one(0), one(1)];
  };
  return {
    kernel,
    strides,
    dilations,
    outSize,
    inChannels,
    outChannels,
    pad: sides((side, span, reach) => [
      padBefore[side],
      after(padBefore[side], inSize[side], span - 1 + reach, strides[side]),
    ]),
    inputGradientPad: sides((side, span, reach) => [
      reach - 1 - padBefore[side],
      inSize[side] - span + padBefore[side],
    ]),
    kernelGradientPad: sides((side, span, reach) => [
      padBefore[side],
      reach - 1 - inSize[side] - padBefore[side] + span,
    ]),
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

export function poolGeometry(node: GraphNode): PoolGeometry {
  const window = windowOf(node);
  const { kernel, strides, padBefore, outSize } = window;
  const padAfter = neededPadAfter(window);
  return {
    window: [1, ...kernel, 1],
    strides: [1, ...strides, 1],
    pad: [
      [0, 0],
      [padBefore[0], padAfter[0]],
      [padBefore[1], padAfter[1]],
      [0, 0],
    ],
    outSize,
  };
}
