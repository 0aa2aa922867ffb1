/**
 * The computation of an exported model: pixels in, embeddings of length 1 out. It includes all normalisation, so
 * callers cannot get it wrong.
 */
import {
  prefixed,
  stripPrefix,
  type ByColour,
  type HostTensors,
  type InitialState,
  type Model,
  type StepFunction,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';

/** Axis order of the images: [batch, 3, height, width] or [batch, height, width, 3]. */
export type ImageLayout = 'nchw' | 'nhwc';

export const IMAGES = 'images';
export const EMBEDDINGS = 'embeddings';

export interface PublishedStep {
  /** `images`: float32, RGB, 0 to 255; `embeddings`: float32 [batch, embeddingSize], each of length 1. */
  readonly step: StepFunction;
  readonly state: HostTensors;
  /** Shape of `images` for a batch size. */
  shape(batch: number): number[];
}

export function publishedStep(model: Model, { params, statistics }: InitialState, layout: ImageLayout): PublishedStep {
  const { offset, scale } = model.inputScale ?? { offset: 127.5, scale: 1 / 127.5 };
  const byColour = (value: ByColour): tf.TensorLike => (typeof value === 'number' ? value : [...value]);
  const [height, width] = model.inputSize;
  return {
    state: { ...prefixed('params', params), ...prefixed('statistics', statistics) },
    shape: (batch) => (layout === 'nchw' ? [batch, 3, height, width] : [batch, height, width, 3]),
    step: (state, { [IMAGES]: images }) => {
      const pixels = layout === 'nchw' ? tf.transpose(images as tf.Tensor4D, [0, 2, 3, 1]) : (images as tf.Tensor4D);
      const { embeddings } = model.apply(
        stripPrefix('params', state),
        stripPrefix('statistics', state),
        tf.mul(tf.sub(pixels, byColour(offset)), byColour(scale)),
        'infer',
      );
      const length = tf.sqrt(tf.sum(tf.square(embeddings), 1, true));
      return { outputs: { [EMBEDDINGS]: tf.div(embeddings, tf.maximum(length, 1e-12)) } };
    },
  };
}
