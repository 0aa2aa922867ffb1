/**
 * Which images a step uses and which are mirrored: a pure function of seed and step. Each epoch has its own order;
 * leftover images that do not fill a batch are skipped in that epoch.
 */
import { permutation, type Random } from '@facewright/core';
import type { LabelledSample } from './training-set.js';

export interface OrderOptions {
  readonly samples: readonly LabelledSample[];
  /** Batch size; reduced if there are fewer samples. */
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
  /** Batch size. */
  readonly size: number;
  /** Steps per epoch. */
  readonly perEpoch: number;
  /** The images of a step in order. Steps are counted from 0 over the whole training. */
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
