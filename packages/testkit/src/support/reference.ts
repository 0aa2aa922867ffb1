/**
 * The operations that the backend suite checks, as plain loops in float64, and their gradients by central differences
 * of those loops: slow, small, and obviously correct.
 */
import type { HostTensor } from '@facewright/core';

/** Plain arrays, because the many small ones that slopes take are much faster to allocate than typed ones. */
export interface Exact {
  readonly shape: readonly number[];
  readonly data: number[];
}
export type ExactFunction = (...inputs: Exact[]) => Exact;

export const exactOf = ({ shape, data }: HostTensor): Exact => ({ shape, data: Array.from(data) });
const zeros = (length: number): number[] => Array<number>(length).fill(0);
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dimension) => product * dimension, 1);

/** A tensor from a function of its position. */
export function build(shape: readonly number[], valueAt: (...position: number[]) => number): Exact {
  const data = zeros(sizeOf(shape));
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
    const values = wide.map(() => 0);
    const data = wide[0].map((_, index) => {
      for (let i = 0; i < wide.length; i++) values[i] = wide[i][index];
      return f(...values);
    });
    return { shape, data };
  };
}

/** The values repeated along the axes of length 1. */
function broadcast({ shape: own, data }: Exact, shape: readonly number[]): number[] {
  if (data.length === sizeOf(shape)) return data;
  return zeros(sizeOf(shape)).map((_, index) => {
    let [from, step, rest] = [0, 1, index];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (own[axis] > 1) from += (rest % shape[axis]) * step;
      step *= own[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    return data[from];
  });
}

export const sumOver = (count: number, term: (index: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
};

export const matMul: ExactFunction = (a, b) => {
  const [rows, depth, columns] = [...a.shape, b.shape[1]];
  const data = zeros(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < depth; k++)
      for (let column = 0; column < columns; column++)
        data[row * columns + column] += a.data[row * depth + k] * b.data[k * columns + column];
  return { shape: [rows, columns], data };
};

export interface ConvolutionOptions {
  readonly stride?: number;
  /** Zeros above and on the left; those below and on the right follow from the output size. */
  readonly before?: number;
  readonly outSize: number;
  readonly dilation?: number;
}

/** `x` [n, h, w, in], `kernel` [kh, kw, in, out]; square images. */
export function conv2d(options: ConvolutionOptions): ExactFunction {
  return (x, kernel) => {
    const [, , channels, outputs] = kernel.shape;
    const data = overTaps(x, kernel, options, outputs, (sum, to, from, tap) => {
      for (let c = 0; c < channels; c++)
        for (let out = 0; out < outputs; out++)
          sum[to + out] += x.data[from + c] * kernel.data[(tap * channels + c) * outputs + out];
    });
    return { shape: [x.shape[0], options.outSize, options.outSize, outputs], data };
  };
}

/** `kernel` [kh, kw, channels, 1]. */
export function depthwise(options: ConvolutionOptions): ExactFunction {
  return (x, kernel) => {
    const channels = x.shape[3];
    const data = overTaps(x, kernel, options, channels, (sum, to, from, tap) => {
      for (let c = 0; c < channels; c++) sum[to + c] += x.data[from + c] * kernel.data[tap * channels + c];
    });
    return { shape: [x.shape[0], options.outSize, options.outSize, channels], data };
  };
}

/**
 * Calls `add` for every pixel of the output and every tap of the kernel that falls into the image: with the sums, the
 * place of the pixel's channels in them, that of the channels which the tap sees, and the number of the tap.
 */
function overTaps(
  { shape: [count, height, width, channels] }: Exact,
  { shape: [rows, columns] }: Exact,
  { stride = 1, before = 0, outSize, dilation = 1 }: ConvolutionOptions,
  outputs: number,
  add: (sum: number[], to: number, from: number, tap: number) => void,
): number[] {
  const sum = zeros(count * outSize * outSize * outputs);
  for (let pixel = 0; pixel < count * outSize * outSize; pixel++) {
    const n = Math.floor(pixel / outSize ** 2);
    const [top, left] = [Math.floor(pixel / outSize) % outSize, pixel % outSize].map((at) => at * stride - before);
    for (let tap = 0; tap < rows * columns; tap++) {
      const y = top + Math.floor(tap / columns) * dilation;
      const x = left + (tap % columns) * dilation;
      if (y < 0 || x < 0 || y >= height || x >= width) continue; // padding
      add(sum, pixel * outputs, ((n * height + y) * width + x) * channels, tap);
    }
  }
  return sum;
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
export function gradientsOf(
  f: ExactFunction,
  inputs: readonly Exact[],
  weights: readonly number[],
  width = 1e-5,
): Exact[] {
  return inputs.map((input, which) => {
    const changed = { shape: input.shape, data: [...input.data] };
    const others = inputs.map((other, i) => (i === which ? changed : other));
    const valueAt = (index: number, value: number): number => {
      changed.data[index] = value;
      return f(...others).data.reduce((sum, v, i) => sum + v * weights[i], 0);
    };
    const data = input.data.map((original, index) => {
      const slope = (valueAt(index, original + width) - valueAt(index, original - width)) / (2 * width);
      changed.data[index] = original;
      return slope;
    });
    return { shape: input.shape, data };
  });
}
