/**
 * The training ops named in core, decomposed into per-channel sums, values derived from them, and values broadcast over
 * the channels.
 */
import {
  ADD_TO_TARGET,
  BATCH_NORM_TRAINING,
  BATCH_NORM_TRAINING_GRADIENT,
  PRELU_GRADIENT,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_GRADIENT,
  TARGET_ENTRY,
} from '@facewright/core';
import { attributesOf } from '@facewright/capture';
import { literal, type Code } from '../program/code.js';
import { pointwise, type Tensor } from '../program/node.js';
import { map, reduceAxis, tensor, type LoweringContext, type Lowerings } from './context.js';

/** Σ over all axes but the last. */
function channelSum(x: Tensor): Tensor {
  const channels = x.shape[x.shape.length - 1];
  return tensor(reduceAxis(x.node, 'sum', 1, x.node.size / channels, channels), [channels]);
}

/** γ/√(σ² + ε) and 1/√(σ² + ε), shared by forward and backward. */
function factors(
  context: LoweringContext,
  gamma: Tensor,
  variance: Tensor,
  epsilon: number,
): { inverse: Tensor; scale: Tensor } {
  const inverse = context.once(`inverse ${epsilon}`, [variance], () =>
    map(variance.shape, 'f32', [variance], 3, (v) => `inverseSqrt(${v} + ${literal(epsilon)})`),
  );
  return {
    inverse,
    scale: context.once('scale', [gamma, inverse], () =>
      map(gamma.shape, 'f32', [gamma, inverse], 1, (g, i) => `${g} * ${i}`),
    ),
  };
}

const rowsOf = ({ shape }: Tensor): number => shape[0];

export const trainingLowerings: Lowerings = {
  // the difference of sums of x and x² loses precision if the mean is far from 0, so each channel's first value is
  // subtracted first
  [BATCH_NORM_TRAINING]: ({ x, gamma, beta }, node, context) => {
    const { shape } = gamma;
    const share = literal(gamma.node.size / x.node.size);
    const first = tensor(
      pointwise(gamma.node.size, 'f32', [x.node], 1, (code, index) => code.at(x.node, index)),
      shape,
    );
    const shifted = map(x.shape, 'f32', [x, first], 1, (value, start) => `${value} - ${start}`);
    const sum = channelSum(shifted);
    const squares = channelSum(map(x.shape, 'f32', [shifted], 1, (value) => `${value} * ${value}`));
    const mean = map(shape, 'f32', [first, sum], 2, (start, total) => `${start} + ${total} * ${share}`);
    const variance = map(
      shape,
      'f32',
      [squares, sum],
      5,
      (total, plain) => `max(${total} * ${share} - (${plain} * ${share}) * (${plain} * ${share}), 0.0)`,
    );
    const { scale } = factors(context, gamma, variance, attributesOf(node, BATCH_NORM_TRAINING).epsilon);
    const offset = map(shape, 'f32', [beta, mean, scale], 2, (b, m, s) => `${b} - ${m} * ${s}`);
    return [map(x.shape, 'f32', [x, scale, offset], 2, (value, s, o) => `${value} * ${s} + ${o}`), mean, variance];
  },
  // ∂x = s·dy + p·(x − μ) + q with s = γ/√(σ² + ε), p = −s·∂γ/(M·√(σ² + ε)), q = −s·∂β/M
  [BATCH_NORM_TRAINING_GRADIENT]: ({ x, gamma, mean, variance, dy }, node, context) => {
    const { shape } = gamma;
    const share = literal(-gamma.node.size / x.node.size);
    const { inverse, scale } = factors(
      context,
      gamma,
      variance,
      attributesOf(node, BATCH_NORM_TRAINING_GRADIENT).epsilon,
    );
    const along = channelSum(
      map(x.shape, 'f32', [dy, x, mean], 2, (slope, value, centre) => `${slope} * (${value} - ${centre})`),
    );
    const dBeta = channelSum(dy);
    const dGamma = map(shape, 'f32', [along, inverse], 1, (total, i) => `${total} * ${i}`);
    const p = map(shape, 'f32', [scale, dGamma, inverse], 3, (s, g, i) => `${s} * ${g} * ${i} * ${share}`);
    const q = map(
      shape,
      'f32',
      [scale, dBeta, p, mean],
      4,
      (s, b, slope, centre) => `${s} * ${b} * ${share} - ${slope} * ${centre}`,
    );
    const dx = map(
      x.shape,
      'f32',
      [dy, x, scale, p, q],
      4,
      (slope, value, s, along, constant) => `${slope} * ${s} + ${value} * ${along} + ${constant}`,
    );
    return [dx, dGamma, dBeta];
  },
  [PRELU_GRADIENT]: ({ x, alpha, dy }) => [
    map(x.shape, 'f32', [x, dy, alpha], 2, (value, slope, a) => `select(${slope} * ${a}, ${slope}, ${value} >= 0.0)`),
    channelSum(map(x.shape, 'f32', [x, dy], 2, (value, slope) => `${slope} * min(${value}, 0.0)`)),
  ],
  [SOFTMAX_CROSS_ENTROPY]: ({ logits, labels }, _, context) => {
    const { largest, sum } = normalisers(context, logits);
    const classes = logits.shape[1];
    const right = tensor(
      pointwise(rowsOf(logits), 'f32', [logits.node, labels.node], 2, (code: Code, index: string) =>
        code.at(logits.node, code.let(`${index} * ${classes}u + u32(${code.at(labels.node, index)})`)),
      ),
      labels.shape,
    );
    return map(
      labels.shape,
      'f32',
      [sum, largest, right].map(({ node }) => tensor(node, labels.shape)),
      6,
      (total, top, z) => `log(${total}) + (${top} - ${z})`,
    );
  },
  [SOFTMAX_CROSS_ENTROPY_GRADIENT]: ({ logits, labels, dy }, _, context) => {
    const { largest, sum } = normalisers(context, logits);
    const classes = logits.shape[1];
    const rows = [rowsOf(logits), 1];
    const hot = tensor(
      pointwise(
        logits.node.size,
        'f32',
        [labels.node],
        2,
        (code: Code, index: string) =>
          `select(0.0, 1.0, ${code.at(labels.node, code.let(`${index} / ${classes}u`))} == i32(${code.let(`${index} % ${classes}u`)}))`,
      ),
      logits.shape,
    );
    return map(
      logits.shape,
      'f32',
      [logits, largest, sum, hot, tensor(dy.node, rows)],
      8,
      (z, top, total, one, slope) => `(exp(${z} - ${top}) / ${total} - ${one}) * ${slope}`,
    );
  },
  [TARGET_ENTRY]: ({ x, labels }) => {
    const [rows, classes] = x.shape;
    return tensor(
      pointwise(rows, 'f32', [x.node, labels.node], 2, (code: Code, index: string) =>
        code.at(x.node, code.let(`${index} * ${classes}u + u32(${code.at(labels.node, index)})`)),
      ),
      [rows, 1],
    );
  },
  [ADD_TO_TARGET]: ({ x, labels, shift }) => {
    const classes = x.shape[1];
    const emit = (code: Code, index: string): string => {
      const row = code.let(`${index} / ${classes}u`);
      const here = `${code.at(labels.node, row)} == i32(${code.let(`${index} % ${classes}u`)})`;
      return `${code.at(x.node, index)} + select(0.0, ${code.at(shift.node, row)}, ${here})`;
    };
    return tensor(pointwise(x.node.size, 'f32', [x.node, labels.node, shift.node], 3, emit), x.shape);
  },
};

/** Per image: the largest logit, and Σ exp(z − largest). */
function normalisers(context: LoweringContext, logits: Tensor): { largest: Tensor; sum: Tensor } {
  const [rows, classes] = logits.shape;
  const largest = context.once('largest logit', [logits], () =>
    tensor(reduceAxis(logits.node, 'max', rows, classes, 1), [rows, 1]),
  );
  const sum = context.once('sum of powers', [logits], () => {
    const powers = map(logits.shape, 'f32', [logits, largest], 5, (z, top) => `exp(${z} - ${top})`);
    return tensor(reduceAxis(powers.node, 'sum', rows, classes, 1), [rows, 1]);
  });
  return { largest, sum };
}
