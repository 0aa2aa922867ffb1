/** Turns a network of blocks whose last feature map is one pixel into a model plugin's model. */
import { FacewrightError, type InputScale, type Model } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Block } from './layers.js';
import { applyNetwork, initNetwork } from './network.js';

export interface FaceModelOptions {
  readonly name: string;
  readonly blocks: readonly Block[];
  readonly inputSize: readonly [height: number, width: number];
  readonly inputScale: InputScale;
  readonly momentum: number;
}

export function faceModel({ name, blocks, inputSize, inputScale, momentum }: FaceModelOptions): Model {
  const [height, width] = inputSize;
  const layers = blocks.flatMap((block) => block.layers);
  const groups = new Map(layers.map((layer) => [layer.name, layer.group]));
  const embeddingSize = layers[layers.length - 1].outputs;
  return {
    inputSize,
    embeddingSize,
    inputScale,
    init: (random) => initNetwork(blocks, random),
    apply(params, statistics, images, mode) {
      if (images.shape[1] !== height || images.shape[2] !== width || images.shape[3] !== 3) {
        throw new FacewrightError({
          what: `The images have shape [${images.shape.join(', ')}], but the model expects [n, ${height}, ${width}, 3].`,
          where: `model "${name}"`,
          todo: "Set the model's inputSize, or resize the images.",
        });
      }
      const { output, statistics: next } = applyNetwork(blocks, images, { params, statistics, mode, momentum });
      return { embeddings: tf.reshape(output, [-1, embeddingSize]), statistics: next };
    },
    groupOf: (parameter) => groups.get(parameter.slice(0, parameter.lastIndexOf('/'))),
  };
}
