/**
 * The operations that the backend suite checks, as plain loops in float64, and their gradients by central differences
 * of those loops: slow, small, and obviously correct.
 */
import type { HostTensor } from '@facewright/core';

export interface Exact {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}
export type ExactFunction = (...inputs: Exact[]) => Exact;

export const exactOf = ({ shape, data }: HostTensor): Exact => ({ shape, data: Float64Array.from(data) });
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dimension) => product * dimension, 1);

/** A tensor from a function of its position. */
export function build(shape: readonly number[], valueAt: (...position: number[]) => number): Exact {
  const data = new Float64Array(sizeOf(shape));
  const position = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = valueAt(...position);
    for (let axis = shape.length - 1; axis >= 0 && ++position[axis] === shape[axis]; axis--) position[axis] = 0;
  }
  return { shape, data };
}

/** The value at a position; 0 outside, which implements padding. */
export function at({ shape, data }: Exact, ...position: number[]): number {
  let index = 0;
  for (let axis = 0; axis < position.length; axis++) {
    const coordinate = position[axis];
    if (coordinate < 0 || coordinate >= shape[axis]) return 0;
    index = index * shape[axis] + coordinate;
  }
  return data[index];
}

/** Elementwise, with shapes broadcast from the right. */
export function elementwise(f: (...values: number[]) => number): ExactFunction {
  return (...inputs) => {
    const rank = Math.max(...inputs.map(({ shape }) => shape.length));
    const shapes = inputs.map(({ shape }) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
    const shape = Array.from({ length: rank }, (_, axis) => Math.max(...shapes.map((one) => one[axis])));
    const wide = inputs.map(({ data }, i) => broadcast({ shape: shapes[i], data }, shape));
    return { shape, data: wide[0].map((_, index) => f(...wide.map((values) => values[index]))) };
  };
}

/** The values repeated along the axes of length 1. */
const broadcast = (x: Exact, shape: readonly number[]): Float64Array =>
  x.data.length === sizeOf(shape)
    ? x.data
    : build(shape, (...position) =>
        at(x, ...position.map((coordinate, axis) => (x.shape[axis] === 1 ? 0 : coordinate))),
      ).data;

export const sumOver = (count: number, term: (index: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
};

export const matMul: ExactFunction = (a, b) =>
  build([a.shape[0], b.shape[1]], (row, column) => sumOver(a.shape[1], (k) => at(a, row, k) * at(b, k, column)));

export interface ConvolutionOptions {
  readonly stride?: number;
  /** Zeros above and on the left; those below and on the right follow from the output size. */
  readonly before?: number;
  readonly outSize: number;
  readonly dilation?: number;
}

/** `x` [n, h, w, in], `kernel` [kh, kw, in, out]; square images. */
export function conv2d({ stride = 1, before = 0, outSize, dilation = 1 }: ConvolutionOptions): ExactFunction {
  return (x, kernel) =>
    build([x.shape[0], outSize, outSize, kernel.shape[3]], (n, row, column, out) =>
      sumOver(kernel.shape[0], (i) =>
        sumOver(kernel.shape[1], (j) =>
          sumOver(
            kernel.shape[2],
            (c) =>
              at(x, n, row * stride + i * dilation - before, column * stride + j * dilation - before, c) *
              at(kernel, i, j, c, out),
          ),
        ),
      ),
    );
}

/** `kernel` [kh, kw, channels, 1]. */
export function depthwise({ stride = 1, before = 0, outSize, dilation = 1 }: ConvolutionOptions): ExactFunction {
  return (x, kernel) =>
    build([x.shape[0], outSize, outSize, x.shape[3]], (n, row, column, c) =>
      sumOver(kernel.shape[0], (i) =>
        sumOver(
          kernel.shape[1],
          (j) =>
            at(x, n, row * stride + i * dilation - before, column * stride + j * dilation - before, c) *
            at(kernel, i, j, c, 0),
        ),
      ),
    );
}

/** Mean over all axes but the last, [channels]. */
export function channelMean(x: Exact): Exact {
  const channels = x.shape[x.shape.length - 1];
  const rows = x.data.length / channels;
  return build([channels], (c) => sumOver(rows, (row) => x.data[row * channels + c]) / rows);
}

/** The biased variance over all axes but the last, [channels]. */
export function channelVariance(x: Exact): Exact {
  const mean = channelMean(x);
  return channelMean(elementwise((value, centre) => (value - centre) ** 2)(x, mean));
}

export function batchNorm(epsilon: number): ExactFunction {
  return (x, gamma, beta) =>
    elementwise((value, mean, variance, g, b) => (g * (value - mean)) / Math.sqrt(variance + epsilon) + b)(
      x,
      channelMean(x),
      channelVariance(x),
      gamma,
      beta,
    );
}

export const prelu: ExactFunction = elementwise((value, alpha) => (value >= 0 ? value : alpha * value));

/** Cross-entropy of each row of logits, [n]. */
export function crossEntropy(labels: readonly number[]): ExactFunction {
  return (logits) =>
    build([logits.shape[0]], (row) => {
      const classes = logits.shape[1];
      const values = Array.from({ length: classes }, (_, c) => at(logits, row, c));
      const top = Math.max(...values);
      return top + Math.log(sumOver(classes, (c) => Math.exp(values[c] - top))) - values[labels[row]];
    });
}

/** The gradient of Σ f(inputs) · weights with respect to every input. */
export function gradientsOf(f: ExactFunction, inputs: readonly Exact[], weights: Float64Array, width = 1e-5): Exact[] {
  const value = (changed: Exact[]): number => f(...changed).data.reduce((sum, v, i) => sum + v * weights[i], 0);
  return inputs.map((input, which) => {
    const data = Float64Array.from(input.data, (original, index) => {
      const withValue = (v: number): Exact[] =>
        inputs.map((other, i) =>
          i === which ? { shape: input.shape, data: Float64Array.from(input.data).fill(v, index, index + 1) } : other,
        );
      return (value(withValue(original + width)) - value(withValue(original - width))) / (2 * width);
    });
    return { shape: input.shape, data };
  });
}
