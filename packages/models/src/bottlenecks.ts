/**
 * What MobileFaceNet and MobileNetV2 share: a stem, rows of inverted bottlenecks, and a depthwise convolution over the
 * last feature map.
 */
import { z } from 'zod';
import { outputSide, type Block, type ConvLayer } from './layers.js';

const count = z.int().min(1);
const positive = z.number().positive();

/** Expansion t, channels c, repeats n, stride s of the first repeat. */
export type BottleneckRow = [t: number, c: number, n: number, s: number];

/** Options of both networks. */
export const networkOptions = {
  inputSize: z
    .union([count, z.tuple([count, count])])
    .default(112)
    .describe(
      'side of the square input in pixels, or [height, width]; determines the kernel of the global depthwise convolution',
    ),
  width: z
    .number()
    .positive()
    .default(1)
    .describe('multiplies the channels of every layer except the embedding, rounded to multiples of 8'),
  momentum: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .describe('momentum of the running mean and variance of batch normalisation'),
  batchNormEpsilon: z.number().positive().default(1e-3).describe('added to the variance by batch normalisation'),
  inputScale: z
    .strictObject({
      offset: z.union([z.number(), z.tuple([z.number(), z.number(), z.number()])]).default(127.5),
      scale: z.union([positive, z.tuple([positive, positive, positive])]).default(1 / 127.5),
    })
    .prefault({})
    .describe('pixel values v are normalised to (v − offset) × scale; one number, or one each for red, green and blue'),
};

export const bottleneckRows = z
  .array(z.tuple([count, count, count, count]))
  .describe('rows [t, c, n, s]: expansion, channels, repeats, stride of the first repeat');

export const sizeOf = (
  inputSize: number | readonly [height: number, width: number],
): [height: number, width: number] => (typeof inputSize === 'number' ? [inputSize, inputSize] : [...inputSize]);

/**
 * Channels for a width multiplier: the nearest multiple of 8, but at least nine tenths of the requested number (as in
 * MobileNetV2).
 */
export function channelsAt(width: number, channels: number): number {
  if (width === 1) return channels;
  const nearest = Math.max(8, 8 * Math.round((channels * width) / 8));
  return nearest < 0.9 * channels * width ? nearest + 8 : nearest;
}

export interface BottleneckNetwork {
  readonly inputSize: readonly [height: number, width: number];
  readonly width: number;
  readonly epsilon: number;
  readonly activation: ConvLayer['activation'];
  readonly stem: {
    readonly channels: number;
    readonly stride: number;
    readonly depthwise: boolean;
    /** Channels per group of the depthwise layer. */ readonly perGroup?: number;
  };
  readonly rows: readonly BottleneckRow[];
  /** Whether a bottleneck of expansion 1 still has an expanding convolution. */
  readonly expandByOne: boolean;
  /** Channels of the 1×1 convolution before the global one. If missing, there is no such layer. */
  readonly last?: number;
  /** The linear 1×1 convolution after the global one. If missing, the global one outputs the embedding. */
  readonly embedding?: { readonly size: number; readonly bias: boolean; readonly epsilon: number };
}

/**
 * The layer table. Layer names: `stem`, `stemDepthwise`, `stage<i>/block<j>/{expand,depthwise,project}`, `last`,
 * `global`, `embedding`.
 */
export function bottleneckNetwork(net: BottleneckNetwork): Block[] {
  const wide = (channels: number): number => channelsAt(net.width, channels);
  const layer = (
    name: string,
    size: number,
    inputs: number,
    outputs: number,
    rest: Partial<ConvLayer> = {},
  ): ConvLayer => ({
    name,
    inputs,
    outputs,
    kernel: [size, size],
    padding: (size - 1) / 2,
    stride: 1,
    depthwise: false,
    bias: false,
    activation: net.activation,
    epsilon: net.epsilon,
    ...rest,
  });
  const alone = (only: ConvLayer): Block => ({ layers: [only], shortcut: false });

  let channels = wide(net.stem.channels);
  const blocks = [alone(layer('stem', 3, 3, channels, { stride: net.stem.stride }))];
  if (net.stem.depthwise)
    blocks.push(alone(layer('stemDepthwise', 3, channels, channels, { depthwise: true, perGroup: net.stem.perGroup })));
  net.rows.forEach(([expansion, rowChannels, repeats, rowStride], row) => {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const name = `stage${row + 1}/block${repeat + 1}`;
      const stride = repeat === 0 ? rowStride : 1;
      const outputs = wide(rowChannels);
      const inner = channels * expansion;
      blocks.push({
        layers: [
          ...(expansion > 1 || net.expandByOne ? [layer(`${name}/expand`, 1, channels, inner)] : []),
          layer(`${name}/depthwise`, 3, inner, inner, { stride, depthwise: true }),
          layer(`${name}/project`, 1, inner, outputs, { activation: 'linear' }),
        ],
        // as in MobileNetV2, wherever the shapes allow it
        shortcut: stride === 1 && outputs === channels,
      });
      channels = outputs;
    }
  });
  if (net.last !== undefined) {
    const last = wide(net.last);
    blocks.push(alone(layer('last', 1, channels, last)));
    channels = last;
  }
  const kernel = blocks
    .flatMap((block) => block.layers)
    .reduce<[number, number]>(
      ([height, width], each) => [outputSide(each, each.kernel[0], height), outputSide(each, each.kernel[1], width)],
      [...net.inputSize],
    );
  blocks.push(
    alone(layer('global', 1, channels, channels, { kernel, padding: 0, depthwise: true, activation: 'linear' })),
  );
  if (net.embedding) {
    const { size, bias, epsilon } = net.embedding;
    blocks.push(
      alone(layer('embedding', 1, channels, size, { activation: 'linear', bias, epsilon, group: 'afterGlobal' })),
    );
  }
  return blocks;
}
