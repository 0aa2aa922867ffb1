/** The training ops named in core, as plain algebra that XLA fuses into passes over memory. */
import {
  ADD_TO_TARGET,
  BATCH_NORM_TRAINING,
  BATCH_NORM_TRAINING_GRADIENT,
  PRELU_GRADIENT,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_GRADIENT,
  TARGET_ENTRY,
} from '@facewright/core';
import type { EpsilonAttributes } from '@facewright/capture';
import type { Builder } from '../hlo/builder.js';
import { sizeOf, type Hlo } from '../hlo/value.js';
import { allButLast, full, overChannels, overRows, type Kernel, type Lowerings, type Target } from './lowering.js';
import { normalised } from './reduction.js';

/** x in parts [P, n/P, …, c] with separate statistics, and the reductions over each of them. */
interface Parts {
  readonly count: number;
  readonly values: number;
  of(x: Hlo): Hlo;
  /** The first value of each channel: [P, c]. */
  first(x: Hlo): Hlo;
  /** Σ over everything in a part but the channels, for two tensors: [P, c] each. */
  sums(a: Hlo, b: Hlo): readonly Hlo[];
  /** Broadcasts [P, c] over the parts. */
  over(x: Hlo): Hlo;
  /** [P, c] to [c]. */
  total(x: Hlo): Hlo;
}

/** The parts of a batch; if they do not divide it, it is a single part. */
function partsOf(hlo: Builder, x: Hlo, { statistics: wanted, platform }: Target): Parts {
  const [n, ...rest] = x.shape;
  const channels = rest[rest.length - 1];
  const count = n % wanted === 0 ? wanted : 1;
  const shape = count === 1 ? x.shape : [count, n / count, ...rest];
  const inner = shape.slice(0, -1).map((_, axis) => axis);
  return {
    count,
    values: sizeOf(shape) / channels / count,
    of: (value) => hlo.reshape(value, shape),
    first: (value) => {
      const end = shape.map((side, axis) => (axis === shape.length - 1 || (count > 1 && axis === 0) ? side : 1));
      return hlo.reshape(
        hlo.slice(
          value,
          end.map(() => 0),
          end,
        ),
        [count, channels],
      );
    },
    sums: (...both) => {
      const axes = count === 1 ? inner : inner.slice(1);
      // on a GPU two sums in one op take two kernels instead of three; on a CPU they are not vectorised
      const sums = platform === 'cpu' ? both.map((value) => hlo.sum(value, axes)) : hlo.sums(both, axes);
      return sums.map((sum) => hlo.reshape(sum, [count, channels]));
    },
    over: (value) =>
      count === 1
        ? overChannels(hlo, hlo.reshape(value, [channels]), shape)
        : hlo.broadcast(value, shape, [0, shape.length - 1]),
    total: (value) => (count === 1 ? hlo.reshape(value, [channels]) : hlo.sum(value, [0])),
  };
}

/**
 * Shared by forward and backward, so it occurs once in the text. Mean and variance take one pass: sums of x − f and (x
 * − f)², where f is the first value of each channel, because the difference of sums of x and x² loses precision if the
 * mean is far from 0.
 */
function standardised(hlo: Builder, x: Hlo, epsilon: number, parts: Parts) {
  const wide = parts.of(full(hlo, x));
  const first = parts.first(wide);
  const shifted = hlo.subtract(wide, parts.over(first));
  const share = 1 / parts.values;
  const [offset, squares] = parts.sums(shifted, hlo.multiply(shifted, shifted)).map((sum) => hlo.scale(sum, share));
  const spread = hlo.subtract(squares, hlo.multiply(offset, offset));
  const variance = hlo.maximum(spread, hlo.like(0, spread));
  const inverse = hlo.unary('rsqrt', hlo.add(variance, hlo.like(epsilon, variance)));
  const mean = hlo.add(first, offset);
  const normal = hlo.multiply(hlo.subtract(wide, parts.over(mean)), parts.over(inverse));
  return { mean, variance, inverse, normal };
}

function batchNorm({ hlo, inputs: { x, gamma, beta }, attrs: { epsilon }, target }: Kernel<EpsilonAttributes>): Hlo[] {
  const parts = partsOf(hlo, x, target);
  const { mean, variance, normal } = standardised(hlo, x, epsilon, parts);
  const y = hlo.add(
    hlo.multiply(normal, overChannels(hlo, gamma, normal.shape)),
    overChannels(hlo, beta, normal.shape),
  );
  const average = (each: Hlo): Hlo =>
    parts.count === 1 ? parts.total(each) : hlo.scale(parts.total(each), 1 / parts.count);
  return [hlo.convert(hlo.reshape(y, x.shape), x.type), average(mean), average(variance)];
}

/** ∂β = Σ dy, ∂γ = Σ dy·x̂, ∂x = γ/√(σ² + ε)·(dy − ∂β/M − x̂·∂γ/M). */
function batchNormGradient({
  hlo,
  inputs: { x, gamma, dy },
  attrs: { epsilon },
  target,
}: Kernel<EpsilonAttributes>): Hlo[] {
  const parts = partsOf(hlo, x, target);
  const { inverse, normal } = standardised(hlo, x, epsilon, parts);
  const slope = parts.of(full(hlo, dy));
  const [dBeta, dGamma] = parts.sums(slope, hlo.multiply(slope, normal));
  const share = (sum: Hlo): Hlo => parts.over(hlo.scale(sum, 1 / parts.values));
  const inner = hlo.subtract(hlo.subtract(slope, share(dBeta)), hlo.multiply(normal, share(dGamma)));
  const scale = hlo.multiply(inverse, overChannels(hlo, gamma, inverse.shape));
  const dx = hlo.multiply(inner, parts.over(scale));
  return [hlo.convert(hlo.reshape(dx, x.shape), x.type), parts.total(dGamma), parts.total(dBeta)];
}

/** [n, classes]: whether the column is the row's label. */
const atLabel = (hlo: Builder, labels: Hlo, shape: readonly number[]): Hlo =>
  hlo.compare('EQ', hlo.iota(shape, 1), overRows(hlo, hlo.convert(labels, 'i32'), shape));

/** [n]: each row's value at its label. The sum has only one nonzero term. */
const entry = (hlo: Builder, x: Hlo, labels: Hlo): Hlo =>
  hlo.sum(hlo.select(atLabel(hlo, labels, x.shape), x, hlo.like(0, x)), [1]);

export const trainingLowerings: Lowerings = {
  [BATCH_NORM_TRAINING]: batchNorm,
  [BATCH_NORM_TRAINING_GRADIENT]: batchNormGradient,
  [PRELU_GRADIENT]: ({ hlo, inputs: { x, alpha, dy } }) => {
    const zero = hlo.like(0, x);
    const slopes = overChannels(hlo, hlo.convert(alpha, x.type), x.shape);
    const dx = hlo.select(hlo.compare('GE', x, zero), dy, hlo.multiply(dy, slopes));
    const products = hlo.multiply(full(hlo, dy), full(hlo, hlo.minimum(x, zero)));
    return [dx, hlo.sum(products, allButLast(x))];
  },
  [SOFTMAX_CROSS_ENTROPY]: ({ hlo, inputs: { logits, labels } }) => {
    const { shifted, sum } = normalised(hlo, logits);
    return hlo.subtract(hlo.unary('log', sum), entry(hlo, shifted, labels));
  },
  [SOFTMAX_CROSS_ENTROPY_GRADIENT]: ({ hlo, inputs: { logits, labels, dy }, shape }) => {
    const { powers, sum } = normalised(hlo, logits);
    const hot = hlo.convert(atLabel(hlo, labels, shape), 'f32');
    const difference = hlo.subtract(hlo.divide(powers, overRows(hlo, sum, shape)), hot);
    return hlo.multiply(difference, overRows(hlo, dy, shape));
  },
  [TARGET_ENTRY]: ({ hlo, inputs: { x, labels }, shape }) => hlo.reshape(entry(hlo, x, labels), shape),
  [ADD_TO_TARGET]: ({ hlo, inputs: { x, labels, shift }, shape }) =>
    hlo.select(atLabel(hlo, labels, shape), hlo.add(x, overRows(hlo, shift, shape)), x),
};
