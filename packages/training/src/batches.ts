/**
 * The batches of a training: which images a step sees, and how, is a pure function of the seed and the step. Every epoch has its own order; what
 * does not fill a batch at its end is left out of that epoch.
 */
import { hostTensor, permutation, type HostTensors, type Model, type Random } from '@facewright/core';
import { inputTensor, type ImageStore } from './images.js';
import type { LabelledSample } from './training-set.js';

export interface BatchOptions {
  readonly samples: readonly LabelledSample[];
  readonly store: ImageStore;
  readonly model: Pick<Model, 'inputSize' | 'inputScale'>;
  /** Images in a batch; smaller where there are fewer samples. */
  readonly size: number;
  readonly flip: boolean;
  readonly random: Random;
}

export interface Batches {
  /** Images in a batch. */
  readonly size: number;
  /** Steps in an epoch. */
  readonly perEpoch: number;
  /** The batch of a step counted from 0 over the whole training: `images` and `labels`. The next ones are read ahead. */
  at(step: number): Promise<HostTensors>;
  /** Whose images those are, in their order. */
  samplesAt(step: number): LabelledSample[];
  /** Waits for what is being read ahead. */
  close(): Promise<void>;
}

const READ_AHEAD = 2;

export function createBatches({ samples, store, model, size: wanted, flip, random }: BatchOptions): Batches {
  const size = Math.min(wanted, samples.length);
  const perEpoch = Math.floor(samples.length / size);
  const pending = new Map<number, Promise<HostTensors>>();
  let order: { epoch: number; of: readonly number[] } | undefined;

  const orderOf = (epoch: number): readonly number[] => {
    if (order?.epoch !== epoch) order = { epoch, of: permutation(samples.length, random.fork('order', epoch)) };
    return order.of;
  };
  const samplesAt = (step: number): LabelledSample[] => {
    const first = (step % perEpoch) * size;
    return orderOf(Math.floor(step / perEpoch)).slice(first, first + size).map((index) => samples[index]);
  };
  const load = async (step: number): Promise<HostTensors> => {
    const epoch = Math.floor(step / perEpoch);
    const drawn = samplesAt(step);
    const mirrored = drawn.map(({ sample }) => flip && random.fork('flip', epoch, sample).uniform() < 0.5);
    const pixels = await Promise.all(drawn.map(({ sample }) => store.pixels(sample)));
    return { images: inputTensor(pixels, model, mirrored), labels: labelTensor(drawn) };
  };
  const begin = (step: number): Promise<HostTensors> => {
    const known = pending.get(step);
    if (known) return known;
    const batch = load(step);
    batch.catch(() => undefined); // reported when the batch is asked for, if it ever is
    pending.set(step, batch);
    return batch;
  };

  return {
    size,
    perEpoch,
    samplesAt,
    async at(step) {
      const batch = begin(step);
      for (let ahead = 1; ahead <= READ_AHEAD; ahead++) void begin(step + ahead);
      const tensors = await batch;
      pending.delete(step);
      return tensors;
    },
    async close() {
      await Promise.allSettled(pending.values());
      pending.clear();
    },
  };
}

export const labelTensor = (samples: readonly LabelledSample[]) => hostTensor([samples.length], Int32Array.from(samples, ({ label }) => label));
