/**
 * Which images a step uses and which are mirrored: a pure function of seed and step. Each epoch has its own order;
 * leftover images that do not fill a batch are skipped in that epoch.
 */
import type { Random, RunConfig } from '@facewright/core';
import { epochOrder, type EpochOrder } from './epoch-order.js';
import type { LabelledSamples } from './training-set.js';

export interface OrderOptions {
  readonly samples: LabelledSamples;
  /** Batch size; reduced if there are fewer samples. */
  readonly size: number;
  /** Mirror half of the images. */
  readonly flip: boolean;
  readonly random: Random;
  /** Default: `random`. */
  readonly order?: RunConfig['order'];
  /** The file that an image of the dataset lies in, for an order with a buffer. Without it, all lie in one. */
  readonly fileOf?: (index: number) => number;
}

/** One image of a batch. */
export interface DrawnSample {
  /** Index in the dataset. */
  readonly sample: number;
  /** Label among the training identities. */
  readonly label: number;
  readonly mirrored: boolean;
}

export interface BatchOrder {
  /** Batch size. */
  readonly size: number;
  /** Steps per epoch. */
  readonly perEpoch: number;
  /** The images of a step in order. Steps are counted from 0 over the whole training. */
  at(step: number): DrawnSample[];
  /**
   * For an order with a buffer: the images, by index in the dataset, that are read into it for this step, in the order in
   * which they lie in their files. With `start`, the buffer is empty, and the images that earlier steps leave in it come
   * first.
   */
  readonly reads?: (step: number, start: boolean) => Uint32Array;
}

/** Images read into the buffer together, so that a disk reads some megabytes in sequence. */
const READ_TOGETHER = 1024;

export function batchOrder({
  samples,
  size: wanted,
  flip,
  random,
  order: kind = 'random',
  fileOf,
}: OrderOptions): BatchOrder {
  const size = Math.min(wanted, samples.length);
  const perEpoch = Math.floor(samples.length / size);
  const fileAt = fileOf && ((position: number) => fileOf(samples.samples[position]));
  let known: { epoch: number; order: EpochOrder } | undefined;
  const orderOf = (epoch: number): EpochOrder => {
    if (known?.epoch !== epoch)
      known = { epoch, order: epochOrder(kind, samples.length, fileAt, random.fork('order', epoch)) };
    return known.order;
  };
  const placeOf = (step: number) => ({ epoch: Math.floor(step / perEpoch), inEpoch: step % perEpoch });

  /** How many images have been read once this step of an epoch has its own. */
  const readBy = (inEpoch: number, buffer: number): number =>
    inEpoch < 0
      ? 0
      : Math.min(samples.length, Math.ceil(((inEpoch + 1) * size + buffer) / READ_TOGETHER) * READ_TOGETHER);
  const readsOf = (buffer: number) => (step: number, start: boolean) => {
    const { epoch, inEpoch } = placeOf(step);
    const { used, read = used } = orderOf(epoch);
    const from = start ? 0 : readBy(inEpoch - 1, buffer);
    const end = readBy(inEpoch, buffer);
    if (from === end) return new Uint32Array(0);
    const skipped = new Set(used.subarray(perEpoch * size));
    const gone = start ? marked(used.subarray(0, inEpoch * size), samples.length) : undefined;
    return read
      .subarray(from, end)
      .filter((position) => !skipped.has(position) && !gone?.[position])
      .map((position) => samples.samples[position]);
  };
  return {
    size,
    perEpoch,
    at(step) {
      const { epoch, inEpoch } = placeOf(step);
      const flips = random.fork('flip', epoch);
      return Array.from(orderOf(epoch).used.subarray(inEpoch * size, (inEpoch + 1) * size), (index) => {
        const sample = samples.samples[index];
        const mirrored = flip && flips.fork(sample).uniform() < 0.5;
        return { sample, label: samples.labels[index], mirrored };
      });
    },
    ...(kind !== 'random' && { reads: readsOf(kind.buffer) }),
  };
}

/** By position: 1 for these. */
function marked(positions: Uint32Array, length: number): Uint8Array {
  const marks = new Uint8Array(length);
  for (const position of positions) marks[position] = 1;
  return marks;
}
