/** The batches of a training as tensors, read ahead. How they are read does not affect the result. */
import { hostTensor, type HostTensor, type HostTensors, type Model } from '@facewright/core';
import { batchOrder, type BatchOrder, type DrawnSample, type OrderOptions } from './batch-order.js';
import { inputTensor, type ImageStore } from './images.js';

export interface BatchOptions extends OrderOptions {
  readonly store: ImageStore;
  readonly model: Pick<Model, 'inputSize' | 'inputScale'>;
}

export interface Batches extends Pick<BatchOrder, 'size' | 'perEpoch'> {
  /** `images` and `labels` of a step, counted from 0 over the whole training. Reads the next batches ahead. */
  at(step: number): Promise<HostTensors>;
  /** The samples of that batch, in the same order. */
  samplesAt(step: number): DrawnSample[];
  /** Waits for reads in progress. */
  close(): Promise<void>;
}

const READ_AHEAD = 2;

export function createBatches({ store, model, ...drawing }: BatchOptions): Batches {
  const order = batchOrder(drawing);
  const pending = new Map<number, Promise<HostTensors>>();
  let next: number | undefined; // after the step that was loaded last

  const load = async (step: number): Promise<HostTensors> => {
    const drawn = order.at(step);
    if (order.reads && store.prefetch) {
      const anew = step !== next;
      next = step + 1;
      await store.prefetch(order.reads(step, anew), { anew });
    }
    const pixels = await store.read(
      drawn.map(({ sample }) => sample),
      drawn.map(({ mirrored }) => mirrored),
    );
    return {
      images: inputTensor(pixels, model),
      labels: labelTensor(drawn.map(({ label }) => label)),
    };
  };
  const begin = (step: number): Promise<HostTensors> => {
    const known = pending.get(step);
    if (known) return known;
    // the training went back to an earlier step: what was read ahead no longer follows
    if (next !== undefined && step !== next) pending.clear();
    const batch = load(step);
    batch.catch(() => undefined); // reported if the batch is requested
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

export const labelTensor = (labels: ArrayLike<number>): HostTensor =>
  hostTensor([labels.length], Int32Array.from(labels));
