/**
 * Which images a step uses and which are mirrored: a pure function of seed and step. Each epoch has its own order;
 * leftover images that do not fill a batch are skipped in that epoch.
 */
import { permutation, type Random } from '@facewright/core';
import type { LabelledSamples } from './training-set.js';

export interface OrderOptions {
  readonly samples: LabelledSamples;
  /** Batch size; reduced if there are fewer samples. */
  readonly size: number;
  /** Mirror half of the images. */
  readonly flip: boolean;
  readonly random: Random;
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
}

export function batchOrder({ samples, size: wanted, flip, random }: OrderOptions): BatchOrder {
  const size = Math.min(wanted, samples.length);
  const perEpoch = Math.floor(samples.length / size);
  let order: { epoch: number; of: Uint32Array } | undefined;
  const orderOf = (epoch: number): Uint32Array => {
    if (order?.epoch !== epoch) order = { epoch, of: permutation(samples.length, random.fork('order', epoch)) };
    return order.of;
  };
  return {
    size,
    perEpoch,
    at(step) {
      const epoch = Math.floor(step / perEpoch);
      const first = (step % perEpoch) * size;
      return Array.from(orderOf(epoch).subarray(first, first + size), (index) => {
        const sample = samples.samples[index];
        const mirrored = flip && random.fork('flip', epoch, sample).uniform() < 0.5;
        return { sample, label: samples.labels[index], mirrored };
      });
    },
  };
}
