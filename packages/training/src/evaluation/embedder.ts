/** Embeddings of aligned faces from a trained model. */
import type { Engine, HostTensors, Model, RgbImage, StepFunction } from '@facewright/core';
import { prefixed, stripPrefix } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { bytesFromImages, inputFromImages } from '../data/images.js';
import { modelInput } from '../step/image-input.js';

export interface EmbedderOptions {
  readonly engine: Engine;
  readonly model: Model;
  readonly params: HostTensors;
  readonly statistics: HostTensors;
  /** Maximum batch size. */
  readonly batch?: number;
  /**
   * Adds the embedding of each image's mirror image before normalising, as InsightFace's verification does. Doubles the
   * work.
   */
  readonly flip?: boolean;
}

/** What a model says of one aligned face. */
export interface MeasuredFace {
  /** Of length 1. */
  readonly embedding: Float32Array;
  /** Of the model's output before it was divided by its length. Short where the model sees little of a face. */
  readonly length: number;
}

export interface Embedder {
  /** The model's: height and width in pixels. Images of this size need not be fitted. */
  readonly inputSize: Model['inputSize'];
  /** One vector of length 1 per aligned image. Images of another size are fitted to the model's input. */
  embed(images: readonly RgbImage[]): Promise<Float32Array[]>;
  /** The same, with the lengths that the vectors had. */
  measure(images: readonly RgbImage[]): Promise<MeasuredFace[]>;
  dispose(): void;
}

export function createEmbedder({
  engine,
  model,
  params,
  statistics,
  batch = 32,
  flip = false,
}: EmbedderOptions): Embedder {
  const { bytes } = engine;
  const step: StepFunction = (state, { images, mirrored }) => {
    const raw = (images: tf.Tensor): tf.Tensor =>
      model.apply(
        stripPrefix('params', state),
        stripPrefix('statistics', state),
        modelInput(model, { images }),
        'infer',
      ).embeddings;
    const turned = (): tf.Tensor => mirrored ?? tf.reverse(images, 2);
    const embeddings = flip ? tf.add(raw(images), raw(turned())) : raw(images);
    const length = tf.sqrt(tf.sum(tf.square(embeddings), 1, true));
    return { outputs: { embeddings: tf.div(embeddings, tf.maximum(length, 1e-12)), lengths: length } };
  };
  const executable = engine.compile(step, {
    name: 'embedding',
    state: { ...prefixed('params', params), ...prefixed('statistics', statistics) },
    dynamicAxes: { images: [0], ...(flip && !bytes && { mirrored: [0] }) },
    inputsStay: true,
  });
  const measure = async (images: readonly RgbImage[]): Promise<MeasuredFace[]> => {
    const faces: MeasuredFace[] = [];
    for (let first = 0; first < images.length; first += batch) {
      const part = images.slice(first, first + batch);
      const { embeddings, lengths } = await executable.run(
        bytes
          ? { images: bytesFromImages(part, model) }
          : {
              images: inputFromImages(part, model),
              ...(flip && { mirrored: inputFromImages(part, model, true) }),
            },
      );
      const size = embeddings.shape[1];
      part.forEach((_, index) =>
        faces.push({
          embedding: (embeddings.data as Float32Array).slice(index * size, (index + 1) * size),
          length: lengths.data[index],
        }),
      );
    }
    return faces;
  };
  return {
    inputSize: model.inputSize,
    measure,
    embed: async (images) => (await measure(images)).map(({ embedding }) => embedding),
    dispose: () => executable.dispose(),
  };
}

/** The normalised mean of vectors of length 1. */
export function meanEmbedding(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float64Array(vectors[0].length);
  for (const vector of vectors) vector.forEach((value, index) => (sum[index] += value));
  const length = Math.hypot(...sum);
  return Float32Array.from(sum, (value) => value / Math.max(length, 1e-12));
}

/** The score of a pair: the dot product of two embeddings of length 1, in [−1, 1] up to rounding. */
export function cosineSimilarity(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index] * b[index];
  return sum;
}
