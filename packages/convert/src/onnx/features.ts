/**
 * Interprets what an ONNX graph does between two layers: normalisation and other per-channel arithmetic, activations in
 * any form that exporters write, shortcuts, and the normalisation of the embedding.
 */
import { filled, hostTensor, type HostTensor } from '@facewright/core';
import { axesOf, integers, isFloatType, numberOf } from './constants.js';
import type { OnnxNode } from './model.js';
import {
  at,
  isAll,
  near,
  perChannel,
  plus,
  times,
  unknown,
  zip,
  type Constant,
  type Features,
  type GraphUnit,
  type Unknown,
  type Value,
  type Vector,
} from './values.js';

export const featuresOf = (unit: GraphUnit, rank: 2 | 4): Features => ({
  kind: 'features',
  unit,
  scale: [1],
  shift: [0],
  rectified: [0],
  summed: false,
  axis: 1,
  rank,
});

/** The value of a node with features as its first input and constants as its others. */
export function onFeatures(
  node: OnnxNode,
  features: Features,
  constants: readonly (Constant | undefined)[],
): Value | undefined {
  switch (node.op) {
    case 'Identity':
      return features;
    case 'Dropout':
      return constants[2] && constants[2].tensor.data[0] !== 0 ? undefined : features;
    case 'Cast':
      return isFloatType(node.attributes.get('to')) ? features : undefined;
    case 'BatchNormalization':
      return normalised(node, features, constants);
    case 'LpNormalization':
      return numberOf(node, 'p', 2) === 2 ? features : undefined;
    case 'Flatten':
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Transpose':
      return moved(node, features, constants[1]);
    case 'ReduceL2':
      return { kind: 'length', of: features.unit, step: 'root' };
    case 'ReduceSumSquare':
      return { kind: 'length', of: features.unit, step: 'sum' };
    case 'Pow':
      return constants[1]?.tensor.data[0] === 2 ? { kind: 'length', of: features.unit, step: 'squares' } : undefined;
    default:
      return activated(node, features, constants);
  }
}

const affine = (features: Features, scale: Vector, shift: Vector): Features => ({
  ...features,
  scale: times(features.scale, scale),
  shift: plus(times(features.shift, scale), shift),
  rectified: times(features.rectified, scale),
});

/** Batch normalisation directly after the convolution is kept; anywhere else it is treated as arithmetic. */
function normalised(
  node: OnnxNode,
  features: Features,
  constants: readonly (Constant | undefined)[],
): Value | undefined {
  const { unit } = features;
  const [gamma, beta, mean, variance] = constants.slice(1).map((constant) => constant?.tensor);
  if (!gamma || !beta || !mean || !variance || features.axis !== 1) return undefined;
  if (numberOf(node, 'training_mode', 0)) return unknown(node, 'is in training mode');
  const epsilon = numberOf(node, 'epsilon', 1e-5);
  if (!unit.norm && !unit.taken && !unit.activated && isUnchanged(features) && !features.summed) {
    unit.norm = { gamma, beta, mean, variance, epsilon };
    return features;
  }
  const scale = zip((g, v) => g / Math.sqrt(v + epsilon), [...gamma.data], [...variance.data]);
  return affine(
    features,
    scale,
    zip((b, m, s) => b - m * s, [...beta.data], [...mean.data], scale),
  );
}

/** Maps of one pixel may have any layout; larger ones may only be moved from [n, c, h, w] to [n, h, w, c] and back. */
function moved(node: OnnxNode, features: Features, input: Constant | undefined): Value | undefined {
  const { rank, axis } = features;
  switch (node.op) {
    case 'Flatten':
      return numberOf(node, 'axis', 1) === 1 ? { ...features, rank: 2, axis: 1 } : undefined;
    case 'Reshape': {
      const shape = input ? input.tensor.data : integers(node, 'shape');
      if (!shape || shape.length === 2) return { ...features, rank: 2, axis: 1 };
      return shape.length === 4 && shape[2] === 1 && shape[3] === 1 ? { ...features, rank: 4, axis: 1 } : undefined;
    }
    case 'Squeeze': {
      const axes = axesOf(node, input?.tensor);
      return rank === 4 && (!axes || axes.length === 2) ? { ...features, rank: 2, axis: 1 } : undefined;
    }
    case 'Unsqueeze': {
      const axes = axesOf(node, input?.tensor)?.join();
      return rank === 2 && (axes === '2,3' || axes === '-2,-1') ? { ...features, rank: 4, axis: 1 } : undefined;
    }
    default: {
      const order = integers(node, 'perm')?.join();
      if (axis === 1 && order === '0,2,3,1') return { ...features, axis: 3 };
      if (axis === 3 && order === '0,3,1,2') return { ...features, axis: 1 };
      return order === '0,1' ? features : undefined;
    }
  }
}

function activated(
  node: OnnxNode,
  features: Features,
  constants: readonly (Constant | undefined)[],
): Value | undefined {
  const constant = constants[1];
  const values = constant && perChannel(constant, features.rank, features.axis);
  switch (node.op) {
    case 'Relu':
      return rectified(node, features, [0]);
    case 'LeakyRelu':
      return rectified(node, features, [numberOf(node, 'alpha', 0.01)]);
    case 'PRelu':
      return constant && rectified(node, features, [...constant.tensor.data]);
    case 'Neg':
      return affine(features, [-1], [0]);
    case 'Max':
      return values && isAll(values, 0) ? rectified(node, features, [0]) : bounded(node);
    case 'Min': // x − relu(x)
      return values && isAll(values, 0) ? added(node, features, rectified(node, features, [0]), -1) : bounded(node);
    case 'Abs': {
      const positive = rectified(node, features, [0]);
      return positive.kind === 'features' ? added(node, affine(positive, [2], [0]), features, -1) : positive;
    }
    case 'Clip':
      return clipped(node, features, constants);
    default:
      return undefined;
  }
}

/** With a constant on either side. */
export function arithmetic(node: OnnxNode, features: Features, constant: Constant, first: boolean): Value | undefined {
  const values = perChannel(constant, features.rank, features.axis);
  if (!values) return undefined;
  const negative = values.map((value) => -value);
  if (node.op === 'Add') return affine(features, [1], values);
  if (node.op === 'Mul') return affine(features, values, [0]);
  if (node.op === 'Sub') return first ? affine(features, [1], negative) : affine(features, [-1], values);
  if (node.op !== 'Div' || !first) return undefined;
  return affine(
    features,
    values.map((value) => 1 / value),
    [0],
  );
}

const bounded = (node: OnnxNode): Unknown =>
  unknown(node, 'limits the values between two layers, which the model cannot do');

function clipped(node: OnnxNode, features: Features, constants: readonly (Constant | undefined)[]): Value {
  const bound = (name: string, index: number): number | undefined =>
    constants[index]?.tensor.data[0] ?? (node.attributes.get(name) as number | undefined);
  const [low = -Infinity, high = Infinity] = [bound('min', 1), bound('max', 2)];
  if (!(high >= 1e30)) return bounded(node);
  if (low === 0) return rectified(node, features, [0]);
  return low <= -1e30 ? features : bounded(node);
}

/**
 * relu(z) + slope · (z − relu(z)), where z is the value so far. The unit's activation has a single z, up to sign and
 * scale.
 */
function rectified(node: OnnxNode, features: Features, slope: Vector): Features | Unknown {
  const { unit, scale, shift } = features;
  if (features.summed || !isAll(features.rectified, 0) || unit.taken)
    return unknown(node, 'is an activation where the model has none');
  unit.activated ??= { scale, shift };
  const own = unit.activated;
  const ratio = zip(ratioOf, scale, own.scale, shift, own.shift);
  const fits = zip(
    (k, a, t, s, c) => Number(near(s, k * a) && near(c, k * t)),
    ratio,
    own.scale,
    own.shift,
    scale,
    shift,
  );
  if (!fits.every(Boolean)) return unknown(node, 'is a second activation of the same layer');
  // for a negative k, relu(k · z) is |k| · relu(z) + k · z
  const linear = zip((k, s) => (k < 0 ? 1 : s), ratio, slope);
  return {
    ...features,
    scale: times(scale, linear),
    shift: times(shift, linear),
    rectified: zip((k, s) => Math.abs(k) * (1 - s), ratio, slope),
  };
}

/** k if scale · x + shift equals k · (a · x + t). */
const ratioOf = (scale: number, a: number, shift: number, t: number): number => {
  if (a !== 0) return scale / a;
  return t === 0 ? 1 : shift / t;
};

/** Two values of one layer. */
export function added(node: OnnxNode, a: Features, b: Features | Unknown, sign: 1 | -1): Features | Unknown {
  if (b.kind === 'unknown') return b;
  if (a.summed || b.summed || a.axis !== b.axis) return unknown(node, 'adds a layer to itself');
  const [scale, shift, rectify] = (['scale', 'shift', 'rectified'] as const).map((part) =>
    zip((x, y) => x + sign * y, a[part], b[part]),
  );
  return { ...a, scale, shift, rectified: rectify };
}

/** The input of another layer; from then on the unit is fixed. Returns undefined, or why it cannot be used. */
export function take(features: Features): string | undefined {
  const { unit, summed } = features;
  if (summed !== (unit.shortcut !== undefined)) return 'uses the values before a shortcut is added';
  if (summed) return isUnchanged(features) ? undefined : 'uses a sum that other nodes have changed';
  if (unit.taken)
    return isSame(unit.taken, features) ? undefined : 'uses a different value of a layer than the next layer does';
  unit.taken = features;
  return settle(unit, features);
}

const isSame = (a: Features, b: Features): boolean =>
  (['scale', 'shift', 'rectified'] as const).every((part) =>
    zip((x, y) => Number(near(x, y)), a[part], b[part]).every(Boolean),
  );

const isUnchanged = ({ scale, shift, rectified: curved }: Features): boolean =>
  isAll(scale, 1) && isAll(shift, 0) && isAll(curved, 0);

/**
 * Derives a unit's normalisation and slope from the form of its output. Returns undefined, or what the model cannot
 * express.
 */
function settle(unit: GraphUnit, { scale, shift, rectified: curved }: Features): string | undefined {
  if (isAll(curved, 0)) return normalise(unit, scale, shift);
  const z = unit.activated!;
  const parts = [scale, shift, curved, z.scale, z.shift];
  const channels = Array.from({ length: Math.max(...parts.map(({ length }) => length)) }, (_, channel) =>
    asPrelu(...(parts.map((vector) => at(vector, channel)) as Five)),
  );
  if (!channels.every((channel) => channel !== undefined))
    return 'uses the output of an activation after other nodes have changed it';
  unit.slope = vectorOf(channels.map(({ slope }) => slope));
  return normalise(
    unit,
    channels.map((channel) => channel.scale),
    channels.map((channel) => channel.shift),
  );
}

type Five = [scale: number, shift: number, curved: number, zScale: number, zShift: number];

/**
 * scale · x + shift + curved · relu(z) with z = zScale · x + zShift as a positive factor of PReLU. Where the first two are u · z, the whole is
 * (u + curved) · z above zero and u · z below it. PReLU keeps positive factors: it is PReLU((u + curved) · z), or, seen from the other side,
 * PReLU(u · z) if u is negative. undefined where neither factor is positive.
 */
function asPrelu(...[scale, shift, curved, zScale, zShift]: Five) {
  if (zScale === 0 && zShift === 0) return { slope: 1, scale, shift };
  const u = ratioOf(scale, zScale, shift, zShift);
  const k = u + curved;
  if (!near(scale, u * zScale) || !near(shift, u * zShift)) return undefined;
  if (k > 0) return { slope: u / k, scale: k * zScale, shift: k * zShift };
  return u < 0 ? { slope: k / u, scale, shift } : undefined;
}

const vectorOf = (values: Vector): HostTensor => hostTensor([values.length], Float32Array.from(values));

function normalise(unit: GraphUnit, scale: Vector, shift: Vector): undefined {
  if (isAll(scale, 1) && isAll(shift, 0)) return;
  const { channels, norm, bias } = unit;
  const before = norm
    ? {
        gamma: [...(norm.gamma?.data ?? [1])],
        beta: [...(norm.beta?.data ?? [0])],
        rest: { mean: norm.mean, variance: norm.variance, epsilon: norm.epsilon },
      }
    : {
        gamma: [1],
        beta: [...(bias?.data ?? [0])],
        rest: { mean: filled([channels], 0), variance: filled([channels], 1), epsilon: 0 },
      };
  const whole = (values: Vector): HostTensor =>
    vectorOf(zip((value) => value, values, Array<number>(channels).fill(0)));
  if (!norm) unit.bias = undefined;
  unit.norm = {
    gamma: whole(times(before.gamma, scale)),
    beta: whole(plus(times(before.beta, scale), shift)),
    ...before.rest,
  };
}
