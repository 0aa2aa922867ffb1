/**
 * Batch normalisation and PReLU with their gradients on blocked images, written to need few passes over memory. With
 * the convolution's output y, normalisation is z = k·y + b per channel (k = γ/√(σ² + ε), b = β − μ·k), fused with what
 * follows:
 *
 *   PReLU       α·z + (1 − α)·max(z, 0). For α > 1 its negative, because nothing can be subtracted after an activation:
 *               its readers are convolutions and absorb the sign into their weights
 *   shortcut    k·y + b + shortcut in one pass
 *   gradients   with n = dx·[z < 0] and dz = dx + (α − 1)·n: ∂α = Σ n·z, ∂β = Σ dz, ∂γ = Σ dz·ŷ, and ∂y = k·(dz + c₁·y + c₂).
 *               The sums are over dx, n, dx·y and n·y. Only ∂y/k is computed, by adding to dx; the convolution before absorbs k
 */
import { attributesOf, inputOf, sameShape, sizeOf, type Value } from '@facewright/capture';
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT, PRELU_GRADIENT } from '@facewright/core';
import { isChannelVector, type AffineForm, type Emitter, type Lowering } from '../context.js';
import { channelsOf, fitsBlocks, setAffine, setScaled } from './channels.js';

const batchNorm: Emitter = (lowering, node) => {
  const [x, gamma, beta] = ['x', 'gamma', 'beta'].map((name) => inputOf(node, name));
  if (!fitsBlocks(lowering, x) || !lowering.has(x, 'blocked')) return false;
  const { onnx } = lowering;
  const channels = channelsOf(lowering, x);
  const base = lowering.get(x, 'blocked');
  const share = onnx.scalar(1 / channels.length);
  const mean = onnx.op('Mul', [channels.sum(base), share]);
  const square = onnx.op('Mul', [channels.dot(base, base), share]);
  const variance = onnx.op('Max', [onnx.op('Sub', [square, onnx.op('Mul', [mean, mean])]), onnx.scalar(0)]);
  const scale = onnx.op('Mul', [
    lowering.plain(gamma),
    inverseDeviation(lowering, variance, attributesOf(node, BATCH_NORM_TRAINING).epsilon),
  ]);
  const shift = onnx.op('Sub', [lowering.plain(beta), onnx.op('Mul', [mean, scale])]);
  const [y] = node.outputs;
  setAffine(lowering, y, { base, scale, shift });
  lowering.set(node.outputs[1], 'plain', mean);
  lowering.set(node.outputs[2], 'plain', variance);
  return undefined;
};

/** Normalises with given statistics, as in a recomputation. */
const batchNormInference: Emitter = (lowering, node) => {
  const x = inputOf(node, 'x');
  if (!fitsBlocks(lowering, x) || !lowering.has(x, 'blocked') || node.inputs.length !== 5) return false;
  const { onnx } = lowering;
  const [gamma, beta, mean, variance] = ['scale', 'offset', 'mean', 'variance'].map((name) =>
    lowering.reshape(lowering.plain(inputOf(node, name)), [x.shape[3]]),
  );
  const scale = onnx.op('Mul', [
    gamma,
    inverseDeviation(lowering, variance, attributesOf(node, 'FusedBatchNorm').varianceEpsilon),
  ]);
  setAffine(lowering, node.outputs[0], {
    base: lowering.get(x, 'blocked'),
    scale,
    shift: onnx.op('Sub', [beta, onnx.op('Mul', [mean, scale])]),
  });
  return undefined;
};

function inverseDeviation({ onnx }: Lowering, variance: string, epsilon: number): string {
  return onnx.op('Reciprocal', [onnx.op('Sqrt', [onnx.op('Add', [variance, onnx.scalar(epsilon)])])]);
}

/** What a value is composed of; a value that is already computed is 1 times itself. */
function affineOf(lowering: Lowering, value: Value): AffineForm {
  const form = lowering.affine.get(value);
  if (form) return form;
  const channels = value.shape[3];
  const filled = (number: number): string =>
    lowering.onnx.op('Expand', [lowering.onnx.scalar(number), lowering.onnx.integers(channels)]);
  return { base: lowering.get(value, 'blocked'), scale: filled(1), shift: filled(0) };
}

const prelu: Emitter = (lowering, node) => {
  const [x, alpha] = ['x', 'alpha'].map((name) => inputOf(node, name));
  if (!fitsBlocks(lowering, x) || !lowering.has(x, 'blocked') || !isChannelVector(alpha, x.shape[3])) return false;
  const { onnx } = lowering;
  const channels = channelsOf(lowering, x);
  const { base, scale, shift } = affineOf(lowering, x);
  const slope = lowering.reshape(lowering.plain(alpha), [channels.count]);
  const one = onnx.scalar(1);
  const sign = onnx.op('Where', [onnx.op('Greater', [slope, one]), onnx.scalar(-1), one]);
  const part = onnx.op('Abs', [onnx.op('Sub', [one, slope])]);
  const positive = channels.affine(base, onnx.op('Mul', [scale, part]), {
    shift: onnx.op('Mul', [shift, part]),
    activation: 'relu',
  });
  const signedSlope = onnx.op('Mul', [slope, sign]);
  const name = channels.affine(base, onnx.op('Mul', [scale, signedSlope]), {
    shift: onnx.op('Mul', [shift, signedSlope]),
    sum: positive,
  });
  setScaled(lowering, node.outputs[0], { name, scale: sign });
  return undefined;
};

const preluGradient: Emitter = (lowering, node) => {
  const [x, alpha, dy] = ['x', 'alpha', 'dy'].map((name) => inputOf(node, name));
  if (!fitsBlocks(lowering, x) || !lowering.has(x, 'blocked')) return false;
  const { onnx } = lowering;
  const channels = channelsOf(lowering, x);
  const { base, scale, shift } = affineOf(lowering, x);
  const whole = lowering.get(dy, 'blocked');
  const isNegative = channels.affine(base, scale, { shift, activation: 'isNegative' });
  const negative = onnx.op('Mul', [whole, isNegative]);
  const rest = onnx.op('Sub', [lowering.plain(alpha), onnx.scalar(1)]);
  const [sum, dot] = [channels.sum(negative), channels.dot(negative, base)];
  lowering.set(node.outputs[1], 'plain', onnx.op('Add', [onnx.op('Mul', [scale, dot]), onnx.op('Mul', [shift, sum])]));
  const both = (ofWhole: string, ofNegative: string): string =>
    onnx.op('Add', [ofWhole, onnx.op('Mul', [rest, ofNegative])]);
  const [dx] = node.outputs;
  lowering.sloped.set(dx, {
    whole,
    negative,
    rest,
    base,
    sum: both(channels.sum(whole), sum),
    sumWithBase: both(channels.dot(whole, base), dot),
  });
  lowering.postpone(dx, () => channels.affine(negative, rest, { sum: whole }));
  return undefined;
};

const batchNormGradient: Emitter = (lowering, node) => {
  const [x, gamma, meanValue, variance, dy] = ['x', 'gamma', 'mean', 'variance', 'dy'].map((name) =>
    inputOf(node, name),
  );
  if (!fitsBlocks(lowering, x) || !lowering.has(x, 'blocked')) return false;
  const { onnx } = lowering;
  const channels = channelsOf(lowering, x);
  const base = lowering.get(x, 'blocked');
  const mean = lowering.plain(meanValue);
  const form = lowering.sloped.get(dy);
  const sloped = form?.base === base ? form : undefined;
  const gradient = sloped ? sloped.whole : lowering.get(dy, 'blocked');
  const sum = sloped ? sloped.sum : channels.sum(gradient);
  const sumWithBase = sloped ? sloped.sumWithBase : channels.dot(gradient, base);
  const inverse = inverseDeviation(
    lowering,
    lowering.plain(variance),
    attributesOf(node, BATCH_NORM_TRAINING_GRADIENT).epsilon,
  );
  const dGamma = onnx.op('Mul', [onnx.op('Sub', [sumWithBase, onnx.op('Mul', [mean, sum])]), inverse]);
  const share = onnx.scalar(-1 / channels.length);
  const ofBase = onnx.op('Mul', [onnx.op('Mul', [dGamma, inverse]), share]);
  const shift = onnx.op('Sub', [onnx.op('Mul', [sum, share]), onnx.op('Mul', [ofBase, mean])]);
  // compute whatever needs all the sums first: only after their passes over the gradient may it be overwritten
  const centred = channels.affine(base, ofBase, { shift, sum: gradient });
  const name = sloped ? channels.affine(sloped.negative, sloped.rest, { sum: centred }) : centred;
  setScaled(lowering, node.outputs[0], { name, scale: onnx.op('Mul', [lowering.plain(gamma), inverse]) });
  lowering.set(node.outputs[1], 'plain', dGamma);
  lowering.set(node.outputs[2], 'plain', sum);
  return undefined;
};

/** A shortcut: the affine side is computed during the addition. */
const add: Emitter = (lowering, node) => {
  const [a, b] = node.inputs;
  if (
    !fitsBlocks(lowering, a) ||
    !sameShape(a.shape, b.shape) ||
    sizeOf(a) === 0 ||
    ![a, b].every((value) => lowering.has(value, 'blocked'))
  )
    return false;
  const waiting = [a, b].find((value) => lowering.affine.has(value) && !lowering.isMade(value));
  if (!waiting) return false;
  const { base, scale, shift } = lowering.affine.get(waiting)!;
  const other = lowering.get(waiting === a ? b : a, 'blocked');
  lowering.set(node.outputs[0], 'blocked', channelsOf(lowering, a).affine(base, scale, { shift, sum: other }));
  return undefined;
};

export const blockedTraining: Readonly<Record<string, Emitter>> = {
  [BATCH_NORM_TRAINING]: batchNorm,
  [BATCH_NORM_TRAINING_GRADIENT]: batchNormGradient,
  [PRELU_GRADIENT]: preluGradient,
  FusedBatchNorm: batchNormInference,
  Prelu: prelu,
  Add: add,
};
