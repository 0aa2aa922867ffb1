/**
 * MobileFaceNet (Chen, Liu, Gao and Han, arXiv 1804.07573v4, Table 1): inverted bottlenecks with PReLU, and a depthwise convolution over the
 * whole last map in place of average pooling, so that the middle of a face may weigh more than its corners.
 */
import { definePlugin, FacewrightError, type Model } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { networkSize, outputSide, type Block, type ConvLayer, type NetworkSize } from './layers.js';
import { applyNetwork, initNetwork } from './network.js';

/** The paper's bottleneck rows: expansion t, channels c, repeats n, stride s of the first repeat. */
const PAPER_BOTTLENECKS: [t: number, c: number, n: number, s: number][] = [
  [2, 64, 5, 2],
  [4, 128, 1, 2],
  [2, 128, 6, 1],
  [4, 128, 1, 2],
  [2, 128, 2, 1],
];

const count = z.int().min(1);

export const mobileFaceNetOptions = z.strictObject({
  inputSize: z
    .union([count, z.tuple([count, count])])
    .default(112)
    .describe('side of the square input in pixels, or [height, width]; the kernel of the global depthwise convolution follows from it'),
  embeddingSize: count.default(128).describe('numbers in an embedding'),
  width: z.number().positive().default(1).describe('multiplies the channels of every layer but the embedding (to multiples of 8)'),
  bottlenecks: z
    .array(z.tuple([count, count, count, count]))
    .default(PAPER_BOTTLENECKS)
    .describe('rows [t, c, n, s]: expansion, channels, repeats, stride of the first repeat'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('share of the former running mean and variance that a training step keeps'),
  batchNormEpsilon: z.number().positive().default(1e-3).describe('added to the variance by batch normalisation'),
  embeddingEpsilon: z.number().positive().optional().describe('the same for the embedding layer; without it batchNormEpsilon'),
  embeddingBias: z.boolean().default(false).describe('a bias in the embedding layer, before its batch normalisation'),
  inputScale: z
    .strictObject({ offset: z.number().default(127.5), scale: z.number().positive().default(1 / 127.5) })
    .prefault({})
    .describe('pixel value v enters as (v − offset) × scale'),
});
export type MobileFaceNetOptions = z.infer<typeof mobileFaceNetOptions>;
export type MobileFaceNetOptionsInput = z.input<typeof mobileFaceNetOptions>;

/** The layer table for these options. */
export function mobileFaceNetBlocks(options: MobileFaceNetOptions): Block[] {
  const wide = (channels: number): number => (options.width === 1 ? channels : Math.max(8, 8 * Math.round((channels * options.width) / 8)));
  const layer = (name: string, size: number, inputs: number, outputs: number, rest: Partial<ConvLayer> = {}): ConvLayer => ({
    name, inputs, outputs, kernel: [size, size], padding: (size - 1) / 2, stride: 1, depthwise: false, bias: false, activation: 'prelu', epsilon: options.batchNormEpsilon, ...rest,
  });
  const alone = (only: ConvLayer): Block => ({ layers: [only], shortcut: false });

  let channels = wide(64);
  const blocks = [alone(layer('stem', 3, 3, channels, { stride: 2 })), alone(layer('stemDepthwise', 3, channels, channels, { depthwise: true }))];
  options.bottlenecks.forEach(([expansion, rowChannels, repeats, rowStride], row) => {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const name = `stage${row + 1}/block${repeat + 1}`;
      const stride = repeat === 0 ? rowStride : 1;
      const outputs = wide(rowChannels);
      const inner = channels * expansion;
      blocks.push({
        layers: [
          layer(`${name}/expand`, 1, channels, inner),
          layer(`${name}/depthwise`, 3, inner, inner, { stride, depthwise: true }),
          layer(`${name}/project`, 1, inner, outputs, { activation: 'linear' }),
        ],
        // as in MobileNetV2: wherever the shapes allow it
        shortcut: stride === 1 && outputs === channels,
      });
      channels = outputs;
    }
  });
  const last = wide(512);
  blocks.push(alone(layer('last', 1, channels, last)));
  const kernel = blocks.flatMap((block) => block.layers).reduce<[number, number]>(
    ([height, width], each) => [outputSide(each, each.kernel[0], height), outputSide(each, each.kernel[1], width)],
    inputSizeOf(options),
  );
  blocks.push(alone(layer('global', 1, last, last, { kernel, padding: 0, depthwise: true, activation: 'linear' })));
  const embedding: Partial<ConvLayer> = { activation: 'linear', bias: options.embeddingBias, epsilon: options.embeddingEpsilon ?? options.batchNormEpsilon, group: 'afterGlobal' };
  blocks.push(alone(layer('embedding', 1, last, options.embeddingSize, embedding)));
  return blocks;
}

const inputSizeOf = ({ inputSize }: MobileFaceNetOptions): [height: number, width: number] => (typeof inputSize === 'number' ? [inputSize, inputSize] : inputSize);

/** Parameters and multiply–adds of the net for these options; the paper's net: 995,584 without slopes (its 0.99 M) and 221 M. */
export function mobileFaceNetSize(options: MobileFaceNetOptionsInput = {}): NetworkSize {
  const checked = mobileFaceNetOptions.parse(options);
  return networkSize(mobileFaceNetBlocks(checked), inputSizeOf(checked));
}

/**
 * The model plugin `mobilefacenet`. Parameters: `<layer>/kernel`, `gamma`, `beta`, and `slope` (PReLU, one a channel) where the layer is not
 * linear; statistics: `<layer>/mean`, `<layer>/variance`. Layers: `stem`, `stemDepthwise`, `stage<i>/block<j>/{expand,depthwise,project}`,
 * `last`, `global`, `embedding`. Group `afterGlobal`: the layer after the global operator, to which the paper gives ten times the weight decay.
 */
export const mobileFaceNet = definePlugin({
  meta: { name: 'mobilefacenet', kind: 'model', version: '0.1.0', apiVersion: 1, description: 'MobileFaceNet: 0.99 M parameters, 221 M multiply–adds at 112×112' },
  options: mobileFaceNetOptions,
  create(options): Model {
    const blocks = mobileFaceNetBlocks(options);
    const inputSize = inputSizeOf(options);
    const [height, width] = inputSize;
    const groups = new Map(blocks.flatMap((block) => block.layers).map((layer) => [layer.name, layer.group]));
    return {
      inputSize,
      embeddingSize: options.embeddingSize,
      inputScale: options.inputScale,
      init: (random) => initNetwork(blocks, random),
      apply(params, statistics, images, mode) {
        if (images.shape[1] !== height || images.shape[2] !== width || images.shape[3] !== 3) {
          throw new FacewrightError({ what: `The images are [${images.shape.join(', ')}], the model takes [n, ${height}, ${width}, 3].`, where: 'model "mobilefacenet"', todo: 'Set the model\'s inputSize, or resize the images.' });
        }
        const { output, statistics: next } = applyNetwork(blocks, images, { params, statistics, mode, momentum: options.momentum });
        return { embeddings: tf.reshape(output, [-1, options.embeddingSize]), statistics: next };
      },
      groupOf: (parameter) => groups.get(parameter.slice(0, parameter.lastIndexOf('/'))),
    };
  },
});
