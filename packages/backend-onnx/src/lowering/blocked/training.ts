/**
 * Batch normalisation and PReLU with their gradients on blocked images, written so that few passes over memory are left. With y the
 * convolution's output, normalisation is z = k·y + b for each channel (k = γ/√(σ² + ε), b = β − μ·k), and is made together with what follows:
 *
 *   PReLU       α·z + (1 − α)·max(z, 0); for α > 1 the negative of it, since what is added after an activation cannot be subtracted: its
 *               readers are convolutions and take the sign into their weights
 *   shortcut    k·y + b + shortcut in one pass
 *   gradients   with q = dx·[z ≥ 0] and dz = α·dx + (1 − α)·q: ∂α = Σ (dx − q)·z, ∂β = Σ dz, ∂γ = Σ dz·ŷ, and
 *               ∂y = k·dz + k₁·y + k₂ in one chain, all sums taken of dx, q, dx·y and q·y
 */
import { inputOf, sameShape, sizeOf, type Value } from '@facewright/capture';
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT, PRELU_GRADIENT } from '@facewright/core';
import { isChannelVector, type AffineForm, type Emitter, type Lowering } from '../context.js';
import { channelsOf, fitsBlocks } from './channels.js';

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
  const scale = onnx.op('Mul', [lowering.plain(gamma), inverseDeviation(lowering, variance, node.attrs.epsilon as number)]);
  const shift = onnx.op('Sub', [lowering.plain(beta), onnx.op('Mul', [mean, scale])]);
  const [y] = node.outputs;
  lowering.setAffine(y, { base, scale, shift });
  lowering.set(node.outputs[1], 'plain', mean);
  lowering.set(node.outputs[2], 'plain', variance);
  return undefined;
};

/** Normalising with given statistics, as a recomputation does. */
const batchNormInference: Emitter = (lowering, node) => {
  const x = inputOf(node, 'x');
  if (!fitsBlocks(lowering, x) || !lowering.has(x, 'blocked') || node.inputs.length !== 5) return false;
  const { onnx } = lowering;
  const [gamma, beta, mean, variance] = ['scale', 'offset', 'mean', 'variance'].map((name) => lowering.reshape(lowering.plain(inputOf(node, name)), [x.shape[3]]));
  const scale = onnx.op('Mul', [gamma, inverseDeviation(lowering, variance, node.attrs.varianceEpsilon as number)]);
  lowering.setAffine(node.outputs[0], { base: lowering.get(x, 'blocked'), scale, shift: onnx.op('Sub', [beta, onnx.op('Mul', [mean, scale])]) });
  return undefined;
};

function inverseDeviation({ onnx }: Lowering, variance: string, epsilon: number): string {
  return onnx.op('Reciprocal', [onnx.op('Sqrt', [onnx.op('Add', [variance, onnx.scalar(epsilon)])])]);
}

/** What a value is made of; a value that is there is 1 times itself. */
function affineOf(lowering: Lowering, value: Value): AffineForm {
  const form = lowering.affine.get(value);
  if (form) return form;
  const channels = value.shape[3];
  const filled = (number: number): string => lowering.onnx.op('Expand', [lowering.onnx.scalar(number), lowering.onnx.integers(channels)]);
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
  const positive = channels.affine(base, onnx.op('Mul', [scale, part]), { shift: onnx.op('Mul', [shift, part]), activation: 'relu' });
  const signedSlope = onnx.op('Mul', [slope, sign]);
  const name = channels.affine(base, onnx.op('Mul', [scale, signedSlope]), { shift: onnx.op('Mul', [shift, signedSlope]), sum: positive });
  lowering.setSigned(node.outputs[0], { name, sign });
  return undefined;
};

const preluGradient: Emitter = (lowering, node) => {
  const [x, alpha, dy] = ['x', 'alpha', 'dy'].map((name) => inputOf(node, name));
  if (!fitsBlocks(lowering, x) || !lowering.has(x, 'blocked')) return false;
  const { onnx } = lowering;
  const channels = channelsOf(lowering, x);
  const { base, scale, shift } = affineOf(lowering, x);
  const whole = lowering.get(dy, 'blocked');
  const slope = lowering.plain(alpha);
  const positive = onnx.op('Mul', [whole, channels.affine(base, scale, { shift, activation: 'step' })]);
  const rest = onnx.op('Sub', [onnx.scalar(1), slope]);
  const [sumWhole, sumPositive] = [channels.sum(whole), channels.sum(positive)];
  const [dotWhole, dotPositive] = [channels.dot(whole, base), channels.dot(positive, base)];
  const mixed = (w: string, p: string): string => onnx.op('Add', [onnx.op('Mul', [slope, w]), onnx.op('Mul', [rest, p])]);
  const ofBase = onnx.op('Mul', [scale, onnx.op('Sub', [dotWhole, dotPositive])]);
  lowering.set(node.outputs[1], 'plain', onnx.op('Add', [ofBase, onnx.op('Mul', [shift, onnx.op('Sub', [sumWhole, sumPositive])])]));
  const [dx] = node.outputs;
  lowering.sloped.set(dx, { whole, positive, slope, rest, base, sum: mixed(sumWhole, sumPositive), sumWithBase: mixed(dotWhole, dotPositive) });
  lowering.postpone(dx, () => channels.affine(whole, slope, { sum: channels.affine(positive, rest) }));
  return undefined;
};

const batchNormGradient: Emitter = (lowering, node) => {
  const [x, gamma, meanValue, variance, dy] = ['x', 'gamma', 'mean', 'variance', 'dy'].map((name) => inputOf(node, name));
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
  const inverse = inverseDeviation(lowering, lowering.plain(variance), node.attrs.epsilon as number);
  const scale = onnx.op('Mul', [lowering.plain(gamma), inverse]);
  const dGamma = onnx.op('Mul', [onnx.op('Sub', [sumWithBase, onnx.op('Mul', [mean, sum])]), inverse]);
  const share = onnx.op('Mul', [scale, onnx.scalar(-1 / channels.length)]);
  const ofBase = onnx.op('Mul', [share, onnx.op('Mul', [dGamma, inverse])]);
  const constant = onnx.op('Sub', [onnx.op('Mul', [share, sum]), onnx.op('Mul', [ofBase, mean])]);
  let chain = channels.affine(base, ofBase, { shift: constant });
  if (sloped) chain = channels.affine(sloped.positive, onnx.op('Mul', [scale, sloped.rest]), { sum: chain });
  lowering.set(node.outputs[0], 'blocked', channels.affine(gradient, sloped ? onnx.op('Mul', [scale, sloped.slope]) : scale, { sum: chain }));
  lowering.set(node.outputs[1], 'plain', dGamma);
  lowering.set(node.outputs[2], 'plain', sum);
  return undefined;
};

/** A shortcut: the affine side is made while adding. */
const add: Emitter = (lowering, node) => {
  const [a, b] = node.inputs;
  if (!fitsBlocks(lowering, a) || !sameShape(a.shape, b.shape) || sizeOf(a) === 0 || ![a, b].every((value) => lowering.has(value, 'blocked'))) return false;
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
