/** Large arrays in pieces, and sums whose order is fixed. */
import type { ClusterArray } from '@facewright/core';
import type { MpiCalls } from './calls.js';
import type { Handle } from './flavours.js';

/** Numbers sent at once: enough to fill any network, few enough for small buffers and for counts in 32 bits. */
export const PIECE = 1 << 22;

/** Views, in order. An empty array has no piece. */
export function* inPieces(values: ClusterArray, length = PIECE): Generator<ClusterArray> {
  for (let first = 0; first < values.length; first += length) yield values.subarray(first, first + length);
}

/**
 * Replaces the values by the sums over all ranks, added in rank order. Every rank gets its share of the numbers from
 * all others, adds it up, and hands the sums round: as much traffic as a ring, 2 (n - 1) / n times the array.
 */
export async function addInOrder(
  values: ClusterArray,
  type: Handle,
  { size, allToAll, allGather }: Pick<MpiCalls, 'size' | 'allToAll' | 'allGather'>,
): Promise<void> {
  if (size === 1) return;
  const share = Math.ceil(values.length / size);
  const like = (length: number): ClusterArray =>
    new (values.constructor as new (length: number) => ClusterArray)(length);
  const [sent, received] = [like(share * size), like(share * size)];
  sent.set(values);
  await allToAll(sent, received, share, type);
  const sums = received.slice(0, share);
  for (let other = 1; other < size; other++) add(sums, received.subarray(other * share, (other + 1) * share));
  await allGather(sums, sent, share, type);
  values.set(sent.subarray(0, values.length));
}

function add(sums: ClusterArray, values: ClusterArray): void {
  for (let i = 0; i < sums.length; i++) sums[i] += values[i];
}
