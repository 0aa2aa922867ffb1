/** The batches of a training, read ahead: their images out of the store, several at a time, as tensors. How many are read at a time changes no byte. */
import { hostTensor, type HostTensors, type Model } from '@facewright/core';
import { batchOrder, type BatchOrder, type DrawnSample, type OrderOptions } from './batch-order.js';
import { inputTensor, type ImageStore } from './images.js';
import { limitConcurrency } from './concurrency.js';
import type { LabelledSample } from './training-set.js';

export interface BatchOptions extends OrderOptions {
  readonly store: ImageStore;
  readonly model: Pick<Model, 'inputSize' | 'inputScale'>;
  /** Images being read and decoded at a time. */
  readonly workers?: number;
}

export interface Batches extends Pick<BatchOrder, 'size' | 'perEpoch'> {
  /** The batch of a step counted from 0 over the whole training: `images` and `labels`. The next ones are read ahead. */
  at(step: number): Promise<HostTensors>;
  /** Whose images those are, in their order. */
  samplesAt(step: number): DrawnSample[];
  /** Waits for what is being read ahead. */
  close(): Promise<void>;
}

const READ_AHEAD = 2;
/** Many more than the threads that decode: while a step holds the main thread, each image gets no further than its next turn there. */
const IN_FLIGHT = 96;

export function createBatches({ store, model, workers = IN_FLIGHT, ...drawing }: BatchOptions): Batches {
  const order = batchOrder(drawing);
  const whenFree = limitConcurrency(Math.max(1, workers));
  const pending = new Map<number, Promise<HostTensors>>();

  const load = async (step: number): Promise<HostTensors> => {
    const drawn = order.at(step);
    const pixels = await Promise.all(drawn.map(({ sample }) => whenFree(() => store.pixels(sample))));
    return {
      images: inputTensor(
        pixels,
        model,
        drawn.map(({ mirrored }) => mirrored),
      ),
      labels: labelTensor(drawn),
    };
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
    size: order.size,
    perEpoch: order.perEpoch,
    samplesAt: (step) => order.at(step),
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

export const labelTensor = (samples: readonly LabelledSample[]) =>
  hostTensor(
    [samples.length],
    Int32Array.from(samples, ({ label }) => label),
  );
