/** The batches of a training as tensors, read ahead. How they are read does not affect the result. */
import { byteTensor, hostTensor, releaseArray, type HostTensor, type InputTensors, type Model } from '@facewright/core';
import { batchOrder, type BatchOrder, type DrawnSample, type OrderOptions } from './batch-order.js';
import { inputBytes, inputTensor, type ImageStore } from './images.js';

export interface BatchOptions extends OrderOptions {
  readonly store: ImageStore;
  readonly model: Pick<Model, 'inputSize' | 'inputScale'>;
  /** Whether images stay bytes, with a flag for each that is mirrored; see step/image-input.ts. */
  readonly bytes?: boolean;
  /** Places in a batch whose images this process needs, e.g. its share among several; default: all. */
  readonly own?: readonly number[];
}

export interface TrainingBatch extends InputTensors {
  readonly images: InputTensors[string];
  readonly labels: HostTensor;
}

export interface Batches extends Pick<BatchOrder, 'size' | 'perEpoch'> {
  /**
   * The inputs of a step, counted from 0 over the whole training: `images`, `labels`, and for bytes `mirrored`. With
   * `own`, the images of these places, but all labels. Reads the next batches ahead. Who is done with the images passes them
   * to `releaseArray`.
   */
  at(step: number): Promise<TrainingBatch>;
  /** The same tensors, for a look at a later batch. */
  ahead(step: number): Promise<TrainingBatch>;
  /** The samples of that batch, in the same order. */
  samplesAt(step: number): DrawnSample[];
  /** Waits for reads in progress. */
  close(): Promise<void>;
}

const READ_AHEAD = 2;

export function createBatches({ store, model, bytes = false, own, ...drawing }: BatchOptions): Batches {
  const order = batchOrder(drawing);
  const pending = new Map<number, Promise<TrainingBatch>>();
  let next: number | undefined; // after the step that was loaded last

  const load = async (step: number): Promise<TrainingBatch> => {
    const drawn = order.at(step);
    // what is read ahead is held until a batch asks for it, and the other processes' images never are
    if (order.reads && store.prefetch && !own) {
      const anew = step !== next;
      next = step + 1;
      await store.prefetch(order.reads(step, anew), { anew });
    }
    const needed = own ? own.map((place) => drawn[place]) : drawn;
    const samples = needed.map(({ sample }) => sample);
    const mirrored = needed.map(({ mirrored }) => mirrored);
    const labels = labelTensor(drawn.map(({ label }) => label));
    if (!bytes) {
      const pixels = await store.read(samples, mirrored);
      const images = inputTensor(pixels, model);
      releaseArray(pixels);
      return { images, labels };
    }
    const images = inputBytes(await store.read(samples), model);
    return { images, labels, mirrored: byteTensor([mirrored.length], Uint8Array.from(mirrored, Number)) };
  };
  const begin = (step: number): Promise<TrainingBatch> => {
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
    ahead: begin,
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
