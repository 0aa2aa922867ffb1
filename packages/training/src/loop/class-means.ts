/** Class centres from embeddings: each person's mean, for people the previous head does not know. */
import {
  hostTensor,
  releaseArray,
  type Emit,
  type Engine,
  type HostTensor,
  type InitialState,
  type Model,
} from '@facewright/core';
import { createEmbedder, meanEmbedding } from '../evaluation/embedder.js';
import type { ImageStore } from '../data/images.js';
import type { LabelledSamples } from '../data/training-set.js';

/** Images to embed per person, the first in the dataset. More hardly change the direction of the mean. */
const MOST_IMAGES = 10;
const BATCH = 32;

export interface ClassMeansOptions {
  readonly engine: Engine;
  readonly model: Model;
  readonly samples: LabelledSamples;
  readonly store: ImageStore;
  /** Receives progress events. */
  readonly emit: Emit;
}

/** The normalised mean embedding of each person in `labels`, as columns [embeddingSize, labels]. */
export async function classMeans(
  { params, statistics }: InitialState,
  labels: readonly number[],
  { engine, model, samples, store, emit }: ClassMeansOptions,
): Promise<HostTensor> {
  const own = new Map<number, number[]>(labels.map((label) => [label, []]));
  for (let index = 0; index < samples.length; index++) {
    const images = own.get(samples.labels[index]);
    if (images && images.length < MOST_IMAGES) images.push(samples.samples[index]);
  }
  const wanted = [...own.values()].flat();
  const embedder = createEmbedder({ engine, model, params, statistics, batch: BATCH });
  const [height, width] = model.inputSize;
  const vectors = new Map<number, Float32Array>();
  try {
    for (let first = 0; first < wanted.length; first += BATCH) {
      const part = wanted.slice(first, first + BATCH);
      const pixels = await store.read(part);
      const size = pixels.length / part.length;
      const embedded = await embedder.embed(
        part.map((_, index) => ({ width, height, data: pixels.subarray(index * size, (index + 1) * size) })),
      );
      releaseArray(pixels);
      part.forEach((sample, index) => vectors.set(sample, embedded[index]));
      emit('progress', { task: 'class centres', done: first + part.length, total: wanted.length, unit: 'images' });
    }
  } finally {
    embedder.dispose();
  }
  const data = new Float32Array(model.embeddingSize * labels.length);
  labels.forEach((label, column) => {
    meanEmbedding(own.get(label)!.map((sample) => vectors.get(sample)!)).forEach(
      (value, row) => (data[row * labels.length + column] = value),
    );
  });
  return hostTensor([model.embeddingSize, labels.length], data);
}
