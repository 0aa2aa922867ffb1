/** Window geometry for the gradients of convolutions. */
import type { Window } from '@facewright/capture';

export const isPointwise = ({ kernel, strides, padBefore, padAfter }: Window): boolean =>
  [...kernel, ...strides].every((number) => number === 1) &&
  [...padBefore, ...padAfter].every((number) => number === 0);

/**
 * Padding that a full stride-1 convolution of the dilated output needs to return an input of `inSize`; may be negative.
 */
export function transposedPadding({ kernel, strides, dilations, inSize, outSize, padBefore }: Window): {
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

/**
 * Padding after the input so that sliding the dilated output over it gives exactly the kernel's size; may be negative.
 */
export function filterGradientPadAfter({
  kernel,
  strides,
  dilations,
  inSize,
  outSize,
  padBefore,
}: Window): [number, number] {
  const one = (axis: 0 | 1): number =>
    (kernel[axis] - 1) * dilations[axis] + (outSize[axis] - 1) * strides[axis] + 1 - inSize[axis] - padBefore[axis];
  return [one(0), one(1)];
}
