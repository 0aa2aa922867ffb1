/**
 * The networks of nets.ts rewritten for onnxruntime, whose convolutions are fast only between other convolutions and
 * poolings in its blocked layout. Channels come in whole blocks of 16, and PReLU becomes two depthwise convolutions
 * that stay in that layout,
 *
 *   y = α·x + max(0, (1 − α)·x)   for α ≤ 1,   and −y = −α·x + max(0, (α − 1)·x) for α > 1,
 *
 * where the next layer's weights undo the sign (so α > 1 must not precede a pooling). The first layer has the largest
 * output and is followed by pooling. Channels with α ≥ 0 are pooled before PReLU, which preserves the order of values;
 * for the others PReLU is max(x, α·x), so x and α·x can both be pooled first. Results differ from those of nets.ts only
 * by rounding.
 */
import * as tf from '@tensorflow/tfjs-core';
import { hostTensor, type HostTensor, type HostTensors, type State, type StepFunction } from '@facewright/core';
import { answersOf, channelsLast, pooled, POOLS, type Pool } from './net-parts.js';
import type { NetName } from './layout.js';

/** Channels in onnxruntime's widest block (AVX-512), a multiple of the block on narrower processors. */
const BLOCK = 16;

/**
 * What a channel contains: a factor times a channel of the published network, or nothing in channels that pad a block.
 */
type Slot = { readonly channel: number; readonly factor: number } | undefined;

const filled = (slots: readonly Slot[]): Slot[] => [
  ...slots,
  ...Array<undefined>(Math.ceil(slots.length / BLOCK) * BLOCK - slots.length).fill(undefined),
];
const activated = ({ data }: HostTensor, slots: readonly Slot[]): Slot[] =>
  slots.map((slot) => slot && { channel: slot.channel, factor: data[slot.channel] > 1 ? -1 : 1 });
const whole = (channels: readonly number[]): Slot[] => filled(channels.map((channel) => ({ channel, factor: 1 })));

export interface BlockedNet {
  readonly state: HostTensors;
  readonly step: StepFunction;
}

type Layer = (x: tf.Tensor4D, state: State) => tf.Tensor4D;
const entry = (state: State, name: string): tf.Tensor4D => state[name] as tf.Tensor4D;

/** Collects the layers and their state; `slots` tells what the channels contain at this point. */
class Builder {
  readonly state: Record<string, HostTensor> = {};
  slots: readonly Slot[] = [0, 1, 2].map((channel) => ({ channel, factor: 1 }));

  constructor(
    private readonly published: HostTensors,
    private readonly rowsTogether: boolean,
  ) {}

  channelsOf(layer: string): number {
    return this.published[`${layer}/slopes`].data.length;
  }
  slopesOf(layer: string): HostTensor {
    return this.published[`${layer}/slopes`];
  }

  /**
   * A convolution of the published network, its channels selected, scaled and ordered by `outputs`. P-Net's first
   * convolution sees each image row as three rows of one channel (nets.ts), so its kernel is three times as high, with
   * a vertical stride of three.
   */
  convolution(layer: string, outputs: readonly Slot[], name = layer): Layer {
    const {
      shape: [side, , inputs, channels],
      data,
    } = this.published[`${layer}/kernel`];
    const bias = this.published[`${layer}/bias`].data;
    const [from, sides] = [this.slots, Array.from({ length: side }, (_, index) => index)];
    const together = this.rowsTogether && layer === 'conv1';
    const taps = sides.flatMap((row) =>
      together
        ? from.flatMap((slot) => sides.map((column) => ({ row, column, slot })))
        : sides.flatMap((column) => from.map((slot) => ({ row, column, slot }))),
    );
    const kernel = taps.flatMap(({ row, column, slot }) =>
      outputs.map((to) =>
        slot && to
          ? (data[((row * side + column) * inputs + slot.channel) * channels + to.channel] * to.factor) / slot.factor
          : 0,
      ),
    );
    const shape = together ? [side * from.length, side, 1, outputs.length] : [side, side, from.length, outputs.length];
    this.state[`${name}/kernel`] = hostTensor(shape, Float32Array.from(kernel));
    this.state[`${name}/bias`] = hostTensor(
      [outputs.length],
      Float32Array.from(outputs, (to) => (to ? bias[to.channel] * to.factor : 0)),
    );
    return (x, state) =>
      tf.add(
        tf.conv2d(x, entry(state, `${name}/kernel`), together ? [from.length, 1] : 1, 'valid'),
        state[`${name}/bias`],
      );
  }

  /** PReLU for channels that contain a convolution's output. */
  prelu(layer: string, slots: readonly Slot[], name = layer): Layer {
    const slopes = this.slopesOf(layer).data;
    const depthwise = (value: (slope: number) => number): HostTensor =>
      hostTensor(
        [1, 1, slots.length, 1],
        Float32Array.from(slots, (slot) => (slot ? value(slopes[slot.channel]) : 0)),
      );
    this.state[`${name}/bend`] = depthwise((slope) => Math.abs(1 - slope));
    this.state[`${name}/slope`] = depthwise((slope) => (slope > 1 ? -slope : slope));
    const scaled = (x: tf.Tensor4D, state: State, part: string): tf.Tensor4D =>
      tf.depthwiseConv2d(x, entry(state, `${name}/${part}`), 1, 'valid');
    return (x, state) => tf.add(scaled(x, state, 'slope'), tf.relu(scaled(x, state, 'bend')));
  }

  /** A layer with PReLU first, then pooling if there is any. */
  inOrder(layer: string, pool: Pool | undefined): Layer {
    const outputs = whole(Array.from({ length: this.channelsOf(layer) }, (_, channel) => channel));
    const convolution = this.convolution(layer, outputs);
    const prelu = this.prelu(layer, outputs);
    this.slots = activated(this.slopesOf(layer), outputs);
    if (pool) this.keepsOrder(layer, outputs);
    return (x, state) => pooled(prelu(convolution(x, state), state), pool);
  }

  /** The first layer, with pooling before PReLU where possible. */
  poolingFirst(layer: string, pool: Pool): Layer {
    const slopes = this.slopesOf(layer).data;
    const channels = Array.from({ length: slopes.length }, (_, channel) => channel);
    const falling = channels.filter((channel) => slopes[channel] < 0);
    const rising = channels.filter((channel) => slopes[channel] >= 0).sort((a, b) => slopes[a] - slopes[b]);
    const free = whole(channels).length - channels.length;
    return falling.length <= free
      ? this.withCopies(layer, pool, channels, falling)
      : this.halved(layer, pool, rising, falling);
  }

  /** Pooling takes the maximum; for negated channels that would be the minimum. */
  private keepsOrder(layer: string, slots: readonly Slot[]): void {
    if (activated(this.slopesOf(layer), slots).some((slot) => slot && slot.factor < 0))
      throw new RangeError(`${layer}: a slope above 1 before a pooling`);
  }

  /** Channels with negative slope stored twice, as x and as α·x, if blocks have room for them. */
  private withCopies(layer: string, pool: Pool, channels: readonly number[], falling: readonly number[]): Layer {
    const slopes = this.slopesOf(layer).data;
    const made = filled([
      ...channels.map((channel) => ({ channel, factor: 1 })),
      ...falling.map((channel) => ({ channel, factor: slopes[channel] })),
    ]);
    const convolution = this.convolution(layer, made);
    const outputs = whole(channels);
    const pointwise = (value: (from: NonNullable<Slot>, isCopy: boolean, slope: number) => number): HostTensor => {
      const kernel = made.flatMap((from, index) =>
        outputs.map((to) =>
          from && to && from.channel === to.channel ? value(from, index >= channels.length, slopes[to.channel]) : 0,
        ),
      );
      return hostTensor([1, 1, made.length, outputs.length], Float32Array.from(kernel));
    };
    // negative slopes: x + max(0, α·x − x)
    this.state[`${layer}/bend`] = pointwise((_, isCopy, slope) => {
      if (slope >= 0) return Math.abs(1 - slope);
      return isCopy ? 1 : -1;
    });
    this.state[`${layer}/slope`] = pointwise((_, isCopy, slope) => {
      if (slope < 0) return isCopy ? 0 : 1;
      return slope > 1 ? -slope : slope;
    });
    this.slots = activated(this.slopesOf(layer), outputs);
    const mixed = (x: tf.Tensor4D, state: State, part: string): tf.Tensor4D =>
      tf.conv2d(x, entry(state, `${layer}/${part}`), 1, 'valid');
    return (x, state) => {
      const most = pooled(convolution(x, state), pool);
      return tf.add(mixed(most, state, 'slope'), tf.relu(mixed(most, state, 'bend')));
    };
  }

  /**
   * Two convolutions of whole blocks: channels with negative slope, and those of lowest slope that fill their blocks,
   * go through PReLU before pooling, the rest after.
   */
  private halved(layer: string, pool: Pool, rising: readonly number[], falling: readonly number[]): Layer {
    const room = Math.ceil(falling.length / BLOCK) * BLOCK - falling.length;
    const [before, after] = [whole([...falling, ...rising.slice(0, room)]), whole(rising.slice(room))];
    this.keepsOrder(layer, before);
    const [early, late] = [
      this.convolution(layer, before, `${layer}/early`),
      this.convolution(layer, after, `${layer}/late`),
    ];
    const [preluBefore, preluAfter] = [
      this.prelu(layer, before, `${layer}/early`),
      this.prelu(layer, after, `${layer}/late`),
    ];
    this.slots = activated(this.slopesOf(layer), [...before, ...after]);
    return (x, state) =>
      tf.concat(
        [pooled(preluBefore(early(x, state), state), pool), preluAfter(pooled(late(x, state), pool), state)],
        3,
      );
  }
}

export function blockedNet(name: NetName, published: HostTensors): BlockedNet {
  const builder = new Builder(published, name === 'pnet');
  const layers = POOLS[name].map((pool, index) =>
    index === 0 && pool ? builder.poolingFirst(`conv${index + 1}`, pool) : builder.inOrder(`conv${index + 1}`, pool),
  );
  if (builder.slots.some((slot) => slot?.factor !== 1))
    throw new RangeError(`the last convolution of ${name} has a slope above 1, or channels that fill no block`);
  const rest = Object.fromEntries(Object.entries(published).filter(([key]) => !key.startsWith('conv')));
  return {
    state: { ...builder.state, ...rest },
    step: (state, { images }) => ({
      outputs: {
        answers: answersOf(
          layers.reduce((x, layer) => layer(x, state), channelsLast(images)),
          state,
        ),
      },
    }),
  };
}
