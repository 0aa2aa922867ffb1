/**
 * MobileFaceNet (Chen, Liu, Gao and Han, arXiv 1804.07573v4, Table 1): inverted bottlenecks with PReLU, and a depthwise
 * convolution over the whole last feature map instead of average pooling, so the centre of a face can weigh more than
 * its corners.
 */
import { definePlugin, type Model } from '@facewright/core';
import { z } from 'zod';
import {
  bottleneckNetwork,
  bottleneckRows,
  channelsAt,
  networkOptions,
  sizeOf,
  type BottleneckRow,
} from './bottlenecks.js';
import { faceModel } from './face-model.js';
import { networkSize, type Block, type NetworkSize } from './layers.js';
import { VERSION } from './version.js';

/** The paper's bottleneck rows. */
const PAPER_BOTTLENECKS: BottleneckRow[] = [
  [2, 64, 5, 2],
  [4, 128, 1, 2],
  [2, 128, 6, 1],
  [4, 128, 1, 2],
  [2, 128, 2, 1],
];
const LAST = 512;

export const mobileFaceNetOptions = z
  .strictObject({
    ...networkOptions,
    variant: z
      .enum(['standard', 'M', 'S'])
      .default('standard')
      .describe(
        "the paper's MobileFaceNet-M leaves out the last 1×1 convolution (embeddings of 512 numbers), MobileFaceNet-S also the one before the global convolution (128)",
      ),
    embeddingSize: z
      .int()
      .min(1)
      .optional()
      .describe('size of the embedding; default 128. The variants M and S use the channels of their last layer'),
    activation: z.enum(['prelu', 'relu']).default('prelu').describe("relu: one of the paper's variants"),
    expansion: z
      .int()
      .min(1)
      .default(1)
      .describe("multiplies the expansion t of every bottleneck; 2: one of the paper's variants"),
    bottlenecks: bottleneckRows.default(PAPER_BOTTLENECKS),
    stem: z
      .int()
      .min(1)
      .default(64)
      .describe("channels of the first convolution; 128 in InsightFace's arcface_torch mbf"),
    stemGroup: z
      .int()
      .min(1)
      .default(1)
      .describe("channels per group of the first depthwise convolution; 2 in InsightFace's arcface_torch mbf"),
    last: z
      .int()
      .min(1)
      .default(LAST)
      .describe('channels of the 1×1 convolution before the global convolution; variant S has none'),
    embeddingEpsilon: z
      .number()
      .positive()
      .optional()
      .describe('batchNormEpsilon of the embedding layer; default: batchNormEpsilon'),
    embeddingBias: z
      .boolean()
      .default(false)
      .describe('add a bias to the embedding layer, before its batch normalisation'),
  })
  .refine(({ width, stem, stemGroup }) => channelsAt(width, stem) % stemGroup === 0, {
    path: ['stemGroup'],
    message: 'it must divide the number of stem channels',
  })
  .refine(({ variant, embeddingSize }) => variant === 'standard' || embeddingSize === undefined, {
    path: ['embeddingSize'],
    message: 'variants M and S have no layer to set it with; leave it out',
  });
export type MobileFaceNetOptions = z.infer<typeof mobileFaceNetOptions>;
export type MobileFaceNetOptionsInput = z.input<typeof mobileFaceNetOptions>;

/** The layer table for these options. */
export function mobileFaceNetBlocks(options: MobileFaceNetOptions): Block[] {
  const {
    variant,
    embeddingSize: size = 128,
    embeddingBias: bias,
    batchNormEpsilon,
    embeddingEpsilon: epsilon = batchNormEpsilon,
  } = options;
  return bottleneckNetwork({
    inputSize: sizeOf(options.inputSize),
    width: options.width,
    epsilon: batchNormEpsilon,
    activation: options.activation,
    stem: { channels: options.stem, stride: 2, depthwise: true, perGroup: options.stemGroup },
    rows: options.bottlenecks.map(([t, c, n, s]) => [t * options.expansion, c, n, s]),
    expandByOne: true,
    last: variant === 'S' ? undefined : options.last,
    embedding: variant === 'standard' ? { size, bias, epsilon } : undefined,
  });
}

/**
 * Parameters and multiply–adds of the network for these options. The paper's network: 995,584 without slopes (its 0.99
 * M) and 221 M.
 */
export function mobileFaceNetSize(options: MobileFaceNetOptionsInput = {}): NetworkSize {
  const checked = mobileFaceNetOptions.parse(options);
  return networkSize(mobileFaceNetBlocks(checked), sizeOf(checked.inputSize));
}

/**
 * The `mobilefacenet` model plugin. Parameters: `<layer>/kernel`, `gamma`, `beta`, and `slope` (PReLU, one per channel)
 * in layers that have it; statistics: `<layer>/mean`, `<layer>/variance`. Layers: `stem`, `stemDepthwise`,
 * `stage<i>/block<j>/{expand,depthwise,project}`, `last`, `global`, `embedding`. Group `afterGlobal`: the layer after
 * the global operator, for which the paper uses ten times the weight decay.
 */
export const mobileFaceNet = definePlugin({
  meta: {
    name: 'mobilefacenet',
    kind: 'model',
    version: VERSION,
    apiVersion: 1,
    description: 'MobileFaceNet: 0.99 M parameters, 221 M multiply–adds at 112×112',
  },
  options: mobileFaceNetOptions,
  create: (options): Model =>
    faceModel({
      name: 'mobilefacenet',
      blocks: mobileFaceNetBlocks(options),
      inputSize: sizeOf(options.inputSize),
      inputScale: options.inputScale,
      momentum: options.momentum,
    }),
});

declare module '@facewright/core' {
  interface ModelPlugins {
    mobilefacenet: typeof mobileFaceNet;
  }
}
