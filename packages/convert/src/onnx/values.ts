/**
 * What is known about the values in an ONNX graph while it is read: constants, the image's pixels, features of a layer,
 * and the rest.
 */
import type { HostTensor } from '@facewright/core';
import type { Unit, UnitGeometry } from '../units.js';
import type { OnnxNode } from './model.js';

/** One number per channel, or one for all of them. */
export type Vector = readonly number[];

export interface Constant {
  readonly kind: 'constant';
  readonly tensor: HostTensor;
  /** Name of the initialiser it comes from. */
  readonly name: string;
}

/** A channel of the network's input: scale · (channel `from` of the file's input) + shift. */
export interface PixelChannel {
  readonly from: number;
  readonly scale: number;
  readonly shift: number;
}

export interface Pixels {
  readonly kind: 'pixels';
  readonly channels: readonly PixelChannel[];
  /** Axis of the channels; undefined if one channel was selected and its axis dropped. */
  readonly axis?: 1 | 3;
}

/** The convolution or matrix of a layer, what follows it so far, and what came before it. */
export interface GraphUnit extends Unit {
  readonly channels: number;
  readonly input?: GraphUnit;
  readonly geometry: UnitGeometry;
  /** Input of the activation: scale · x + shift, where x is the output of convolution and normalisation. */
  activated?: { readonly scale: Vector; readonly shift: Vector };
  /** The layer whose output is added to this one's. */
  shortcut?: GraphUnit;
  /** The value that other nodes have already used: no other value of this layer may be used. */
  taken?: Features;
}

/**
 * scale · x + shift + rectified · relu(z), where x is the unit's normalised output and z the input of its activation.
 */
export interface Features {
  readonly kind: 'features';
  readonly unit: GraphUnit;
  readonly scale: Vector;
  readonly shift: Vector;
  readonly rectified: Vector;
  /** After adding the shortcut. */
  readonly summed: boolean;
  /** Of the channels. */
  readonly axis: 1 | 3;
  readonly rank: 2 | 4;
}

/** The sum of an embedding's squares, or its square root. */
export interface Length {
  readonly kind: 'length';
  readonly of: GraphUnit;
  readonly step: 'squares' | 'sum' | 'root' | 'inverse';
}

/** Numbers that only depend on tensor sizes. */
export interface Sizes {
  readonly kind: 'sizes';
}

/** An unsupported value; it only matters if the embedding depends on it. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly node: OnnxNode;
  readonly why: string;
}

export type Value = Constant | Pixels | Features | Length | Sizes | Unknown;

export const unknown = (node: OnnxNode, why: string): Unknown => ({ kind: 'unknown', node, why });

export const at = (vector: Vector, channel: number): number => vector[vector.length === 1 ? 0 : channel];

/** Per channel. */
export function zip(operation: (...values: number[]) => number, ...vectors: readonly Vector[]): number[] {
  const length = Math.max(...vectors.map((vector) => vector.length));
  return Array.from({ length }, (_, channel) => operation(...vectors.map((vector) => at(vector, channel))));
}

export const times = (a: Vector, b: Vector): number[] => zip((x, y) => x * y, a, b);
export const plus = (a: Vector, b: Vector): number[] => zip((x, y) => x + y, a, b);
export const isAll = (vector: Vector, value: number): boolean => vector.every((each) => each === value);
/** Up to float32 rounding. */
export const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a), Math.abs(b));

/**
 * A constant as one number per channel, for arithmetic with a value of that rank; undefined if it varies along another
 * axis.
 */
export function perChannel({ tensor }: Constant, rank: number, axis: number): number[] | undefined {
  const { shape, data } = tensor;
  if (shape.length > rank) return undefined;
  const own = axis - rank + shape.length;
  return shape.every((side, i) => side === 1 || i === own) ? [...data] : undefined;
}
