/** How a tensor is stored on several devices: whole on each, or sharded along one axis. */
import type { ByteTensor, HostTensor } from '@facewright/core';
import { sizeOf } from '../hlo/value.js';

/** The sharded axis; undefined if every device has the whole tensor. */
export type Sharding = number | undefined;

type Data = HostTensor['data'];

/** A batch is sharded along its first axis if that gives every device the same number of rows. */
export const shardingOfInput = ({ shape }: Pick<HostTensor, 'shape'>, devices: number): Sharding =>
  devices > 1 && shape.length > 0 && shape[0] >= devices && shape[0] % devices === 0 ? 0 : undefined;

/** Large state entries are sharded along their longest axis: the class centres of many people, along the people. */
export function shardingOfState(
  { shape }: Pick<HostTensor, 'shape'>,
  devices: number,
  largestWhole: number = Infinity,
): Sharding {
  if (devices === 1 || BYTES_OF_NUMBER * sizeOf(shape) <= largestWhole) return undefined;
  const longest = Math.max(...shape);
  return longest % devices === 0 ? shape.indexOf(longest) : undefined;
}
const BYTES_OF_NUMBER = 4;

export const localShape = (shape: readonly number[], sharding: Sharding, devices: number): number[] =>
  shape.map((length, axis) => (axis === sharding ? length / devices : length));

/** Sharding of the program's arguments and results, in the Shardy dialect. */
export const shardyAttribute = (shape: readonly number[], sharding: Sharding): string =>
  `sdy.sharding = #sdy.sharding<@mesh, [${shape.map((_, axis) => (axis === sharding ? '{"devices"}' : '{}')).join(', ')}]>`;

/** The same for a value inside a program. */
export const shardyConstraint = (shape: readonly number[], axis: number): string =>
  `<@mesh, [${shape.map((_, i) => (i === axis ? '{"devices"}' : '{}')).join(', ')}]>`;

/** Contiguous runs: for each index before the axis, where a device's run starts in the whole tensor, and its length. */
function runs(shape: readonly number[], axis: number, devices: number) {
  const length = sizeOf(shape.slice(axis)) / devices;
  return { outer: sizeOf(shape.slice(0, axis)), length, step: length * devices };
}

/** One device's part; a view if it is contiguous. */
export function partOf(
  { shape, data }: HostTensor | ByteTensor,
  sharding: Sharding,
  device: number,
  devices: number,
): (HostTensor | ByteTensor)['data'] {
  if (sharding === undefined || devices === 1) return data;
  const { outer, length, step } = runs(shape, sharding, devices);
  if (outer === 1) return data.subarray(device * length, (device + 1) * length);
  const part = data.slice(0, outer * length);
  for (let i = 0; i < outer; i++)
    part.set(data.subarray(i * step + device * length, i * step + (device + 1) * length), i * length);
  return part;
}

/** Reassembles the tensor from the devices' parts. */
export function joined(parts: readonly Data[], shape: readonly number[], sharding: Sharding): Data {
  if (sharding === undefined || parts.length === 1) return parts[0];
  const { outer, length, step } = runs(shape, sharding, parts.length);
  const whole = parts[0] instanceof Int32Array ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  parts.forEach((part, device) => {
    for (let i = 0; i < outer; i++) whole.set(part.subarray(i * length, (i + 1) * length), i * step + device * length);
  });
  return whole;
}
