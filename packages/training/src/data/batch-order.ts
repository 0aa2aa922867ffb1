/**
 * Which images a step uses and which are mirrored: a pure function of seed and step. Each epoch has its own order; images that do not fill a
 * batch at its end are skipped in that epoch.
 */
import { permutation, type Random } from '@facewright/core';
import type { LabelledSample } from './training-set.js';

export interface OrderOptions {
  readonly samples: readonly LabelledSample[];
  /** Images in a batch; smaller where there are fewer samples. */
  readonly size: number;
  /** Mirror half of the images. */
  readonly flip: boolean;
  readonly random: Random;
}

/** One image of a batch. */
export interface DrawnSample extends LabelledSample {
  readonly mirrored: boolean;
}

export interface BatchOrder {
  /** Images in a batch. */
  readonly size: number;
  /** Steps in an epoch. */
  readonly perEpoch: number;
  /** The images of a step counted from 0 over the whole training, in their order. */
  at(step: number): DrawnSample[];
}

export function batchOrder({ samples, size: wanted, flip, random }: OrderOptions): BatchOrder {
  const size = Math.min(wanted, samples.length);
  const perEpoch = Math.floor(samples.length / size);
  let order: { epoch: number; of: readonly number[] } | undefined;
  const orderOf = (epoch: number): readonly number[] => {
    if (order?.epoch !== epoch) order = { epoch, of: permutation(samples.length, random.fork('order', epoch)) };
    return order.of;
  };
  return {
    size,
    perEpoch,
    at(step) {
      const epoch = Math.floor(step / perEpoch);
      const first = (step % perEpoch) * size;
      return orderOf(epoch)
        .slice(first, first + size)
        .map((index) => {
          const { sample, label } = samples[index];
          return { sample, label, mirrored: flip && random.fork('flip', epoch, sample).uniform() < 0.5 };
        });
    },
  };
}
