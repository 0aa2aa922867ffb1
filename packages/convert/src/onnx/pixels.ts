/**
 * Interprets what an ONNX graph does to its input before the first layer: per-channel arithmetic, another channel
 * order, another layout.
 */
import { axesOf, integers, isFloatType, numberOf } from './constants.js';
import type { OnnxNode } from './model.js';
import {
  isAll,
  perChannel,
  unknown,
  zip,
  type Constant,
  type PixelChannel,
  type Pixels,
  type Value,
} from './values.js';

/** All output values of a node with pixels among its inputs; undefined if it is not supported. */
export function onPixels(node: OnnxNode, inputs: readonly (Value | undefined)[]): Value[] | undefined {
  const index = inputs.findIndex((input) => input?.kind === 'pixels');
  const pixels = inputs[index] as Pixels;
  const constants = inputs.map((input) => (input?.kind === 'constant' ? input : undefined));
  switch (node.op) {
    case 'Identity':
    case 'Dropout':
      return [pixels];
    case 'Cast':
      return isFloatType(node.attributes.get('to')) ? [pixels] : undefined;
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div':
      return arithmetic(node, pixels, constants[1 - index], index === 0);
    case 'Neg':
      return affine(pixels, [-1], [0]);
    case 'BatchNormalization':
      return normalised(node, pixels, constants);
    case 'Transpose':
      return transposed(node, pixels);
    case 'Gather':
      return gathered(node, pixels, constants[1]);
    case 'Slice':
      return sliced(node, pixels, constants);
    case 'Split':
      return split(node, pixels);
    case 'Unsqueeze':
      return unsqueezed(node, pixels, constants[1]);
    case 'Concat':
      return joined(node, inputs);
    case 'Conv':
      return pointwise(node, pixels, constants);
    default:
      return undefined;
  }
}

const withChannels = (pixels: Pixels, channels: readonly PixelChannel[]): Pixels[] | undefined =>
  channels.length ? [{ ...pixels, channels }] : undefined;

function affine(pixels: Pixels, scale: readonly number[], shift: readonly number[]): Pixels[] | undefined {
  const count = pixels.channels.length;
  if (![1, count].includes(scale.length) || ![1, count].includes(shift.length)) return undefined;
  const each = (vector: readonly number[], channel: number): number => vector[vector.length === 1 ? 0 : channel];
  return withChannels(
    pixels,
    pixels.channels.map((own, channel) => ({
      from: own.from,
      scale: own.scale * each(scale, channel),
      shift: own.shift * each(scale, channel) + each(shift, channel),
    })),
  );
}

function arithmetic(
  node: OnnxNode,
  pixels: Pixels,
  constant: Constant | undefined,
  first: boolean,
): Pixels[] | undefined {
  const values = constant && perChannel(constant, pixels.axis ? 4 : 3, pixels.axis ?? 0);
  if (!values || (!pixels.axis && values.length > 1)) return undefined;
  const negative = values.map((value) => -value);
  switch (node.op) {
    case 'Add':
      return affine(pixels, [1], values);
    case 'Mul':
      return affine(pixels, values, [0]);
    case 'Sub':
      return first ? affine(pixels, [1], negative) : affine(pixels, [-1], values);
    default:
      return first
        ? affine(
            pixels,
            values.map((value) => 1 / value),
            [0],
          )
        : undefined;
  }
}

function normalised(
  node: OnnxNode,
  pixels: Pixels,
  constants: readonly (Constant | undefined)[],
): Pixels[] | undefined {
  const [gamma, beta, mean, variance] = constants.slice(1).map((constant) => constant && [...constant.tensor.data]);
  if (!gamma || !beta || !mean || !variance || pixels.axis !== 1) return undefined;
  const epsilon = numberOf(node, 'epsilon', 1e-5);
  const scale = zip((g, v) => g / Math.sqrt(v + epsilon), gamma, variance);
  return affine(
    pixels,
    scale,
    zip((b, m, s) => b - m * s, beta, mean, scale),
  );
}

/** From [n, c, h, w] to [n, h, w, c] or back. */
function transposed(node: OnnxNode, pixels: Pixels): Pixels[] | undefined {
  const order = integers(node, 'perm')?.join();
  if (pixels.axis === 1 && order === '0,2,3,1') return [{ ...pixels, axis: 3 }];
  if (pixels.axis === 3 && order === '0,3,1,2') return [{ ...pixels, axis: 1 }];
  return undefined;
}

const along = (pixels: Pixels, axis: number | undefined): boolean =>
  pixels.axis !== undefined && (axis === pixels.axis || axis === pixels.axis - 4);

function gathered(node: OnnxNode, pixels: Pixels, indices: Constant | undefined): Pixels[] | undefined {
  if (!indices || indices.tensor.shape.length > 1 || !along(pixels, numberOf(node, 'axis', 0))) return undefined;
  const picked = [...indices.tensor.data].map((index) => pixels.channels.at(index));
  if (!picked.every((channel) => channel !== undefined)) return undefined;
  const one = indices.tensor.shape.length === 0;
  return one ? [{ kind: 'pixels', channels: picked }] : withChannels(pixels, picked);
}

function unsqueezed(node: OnnxNode, pixels: Pixels, input: Constant | undefined): Pixels[] | undefined {
  const axes = axesOf(node, input?.tensor);
  const [axis] = axes ?? [];
  if (pixels.axis || axes?.length !== 1 || ![1, 3, -1, -3].includes(axis)) return undefined;
  return [{ ...pixels, axis: axis === 1 || axis === -3 ? 1 : 3 }];
}

function sliced(node: OnnxNode, pixels: Pixels, constants: readonly (Constant | undefined)[]): Pixels[] | undefined {
  const part = (name: string, index: number): readonly number[] | undefined =>
    constants[index] ? [...constants[index].tensor.data] : integers(node, name);
  const [starts, ends] = [part('starts', 1), part('ends', 2)];
  if (!starts || !ends) return undefined;
  const axes = part('axes', 3) ?? starts.map((_, axis) => axis);
  const steps = part('steps', 4) ?? starts.map(() => 1);
  if (starts.length !== 1 || !along(pixels, axes[0])) return undefined;
  const count = pixels.channels.length;
  const [step] = steps;
  const [low, high] = step > 0 ? [0, count] : [-1, count - 1];
  const bound = (value: number): number => Math.max(low, Math.min(high, value < 0 ? value + count : value));
  const picked: PixelChannel[] = [];
  if (step === 0) return undefined;
  for (let i = bound(starts[0]); step > 0 ? i < bound(ends[0]) : i > bound(ends[0]); i += step)
    picked.push(pixels.channels[i]);
  return withChannels(pixels, picked);
}

/** Splits into single channels. */
function split(node: OnnxNode, pixels: Pixels): Pixels[] | undefined {
  if (!along(pixels, numberOf(node, 'axis', 0)) || node.outputs.length !== pixels.channels.length) return undefined;
  return pixels.channels.map((channel) => ({ ...pixels, channels: [channel] }));
}

function joined(node: OnnxNode, inputs: readonly (Value | undefined)[]): Pixels[] | undefined {
  const parts = inputs.filter((input): input is Pixels => input?.kind === 'pixels');
  const [first] = parts;
  const fit = parts.length === inputs.length && parts.every(({ axis }) => axis === first.axis);
  if (!fit || !along(first, numberOf(node, 'axis', NaN))) return undefined;
  return withChannels(
    first,
    parts.flatMap(({ channels }) => channels),
  );
}

/** A 1×1 convolution that scales and reorders channels; any other is a layer. */
function pointwise(node: OnnxNode, pixels: Pixels, constants: readonly (Constant | undefined)[]): Pixels[] | undefined {
  const [, kernel, bias] = constants;
  const count = pixels.channels.length;
  if (pixels.axis !== 1 || kernel?.tensor.shape.join() !== `${count},${kernel?.tensor.shape[1]},1,1`) return undefined;
  if (!isAll([...(integers(node, 'strides') ?? [])], 1) || !isAll([...(integers(node, 'pads') ?? [])], 0))
    return undefined;
  const { shape, data } = kernel.tensor;
  const shift = bias ? [...bias.tensor.data] : [0];
  if (shape[1] === 1) return numberOf(node, 'group', 1) === count ? affine(pixels, [...data], shift) : undefined;
  const picked = Array.from({ length: count }, (_, output) => {
    const row = [...data.slice(output * count, (output + 1) * count)];
    const input = row.findIndex((value) => value !== 0);
    return row.filter((value) => value !== 0).length === 1 ? { from: input, scale: row[input] } : undefined;
  });
  if (shape[1] !== count || !picked.every((each) => each !== undefined)) return undefined;
  const ordered = { ...pixels, channels: picked.map(({ from }) => pixels.channels[from]) };
  return affine(
    ordered,
    picked.map(({ scale }) => scale),
    shift,
  );
}

export const refusal = (node: OnnxNode): Value =>
  unknown(node, 'changes the image before the first convolution in a way that is not supported');
