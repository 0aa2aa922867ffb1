/**
 * MobileNetV2 (Sandler et al., arXiv 1801.04381, Table 2) for faces, as used in the MobileFaceNet paper
 * (MobileNetV2-GDConv): the first convolution has stride 1 for 112×112 images, a global depthwise convolution replaces
 * average pooling, and a linear embedding follows.
 */
import { definePlugin, type Model } from '@facewright/core';
import { z } from 'zod';
import { bottleneckNetwork, bottleneckRows, networkOptions, sizeOf, type BottleneckRow } from './bottlenecks.js';
import { faceModel } from './face-model.js';
import { networkSize, type Block, type NetworkSize } from './layers.js';
import { VERSION } from './version.js';

const PAPER_BOTTLENECKS: BottleneckRow[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

export const mobileNetV2Options = z.strictObject({
  ...networkOptions,
  embeddingSize: z.int().min(1).default(128).describe('size of the embedding'),
  stemStride: z
    .int()
    .min(1)
    .max(2)
    .default(1)
    .describe('stride of the first convolution: 2 for large images, as in the MobileNetV2 paper; 1 for 112×112 faces'),
  bottlenecks: bottleneckRows.default(PAPER_BOTTLENECKS),
  last: z.int().min(1).default(1280).describe('channels of the 1×1 convolution before the global convolution'),
});
export type MobileNetV2Options = z.infer<typeof mobileNetV2Options>;
export type MobileNetV2OptionsInput = z.input<typeof mobileNetV2Options>;

/** The layer table for these options. */
export function mobileNetV2Blocks(options: MobileNetV2Options): Block[] {
  const { batchNormEpsilon: epsilon } = options;
  return bottleneckNetwork({
    inputSize: sizeOf(options.inputSize),
    width: options.width,
    epsilon,
    activation: 'relu6',
    stem: { channels: 32, stride: options.stemStride, depthwise: false },
    rows: options.bottlenecks,
    expandByOne: false,
    last: options.last,
    embedding: { size: options.embeddingSize, bias: false, epsilon },
  });
}

/** Parameters and multiply–adds of the network for these options. */
export function mobileNetV2Size(options: MobileNetV2OptionsInput = {}): NetworkSize {
  const checked = mobileNetV2Options.parse(options);
  return networkSize(mobileNetV2Blocks(checked), sizeOf(checked.inputSize));
}

/**
 * The `mobilenetv2` model plugin. Parameters, statistics and the group `afterGlobal` as in `mobilefacenet`. ReLU6, so
 * no slopes.
 */
export const mobileNetV2 = definePlugin({
  meta: {
    name: 'mobilenetv2',
    kind: 'model',
    version: VERSION,
    apiVersion: 1,
    description: 'MobileNetV2 with a global depthwise convolution: 2.5 M parameters, 300 M multiply–adds at 112×112',
  },
  options: mobileNetV2Options,
  create: (options): Model =>
    faceModel({
      name: 'mobilenetv2',
      blocks: mobileNetV2Blocks(options),
      inputSize: sizeOf(options.inputSize),
      inputScale: options.inputScale,
      momentum: options.momentum,
    }),
});

declare module '@facewright/core' {
  interface ModelPlugins {
    mobilenetv2: typeof mobileNetV2;
  }
}
