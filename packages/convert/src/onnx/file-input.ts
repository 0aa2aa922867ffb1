/** What an ONNX file expects for an image, and hence how pixels enter its first layer. */
import { FacewrightError, ofColour, type ByColour, type InputScale } from '@facewright/core';
import { BGR, RGB } from '../units.js';
import type { PixelChannel } from './values.js';

/** How an image is passed to the file. */
export interface FileInput {
  readonly scale: InputScale;
  /** Which of red, green and blue (0 to 2) each of its channels is. */
  readonly channels: readonly number[];
  /** For people. */
  readonly range: string;
}

export interface NetworkInput {
  readonly file: FileInput;
  /** For the network after whatever the graph does to the image. */
  readonly scale: InputScale;
  /** Which of red, green and blue each channel of the first kernel expects. */
  readonly channels: readonly number[];
}

/** What the user says about the file; anything else follows from the graph's own arithmetic. */
export interface InputHints {
  /** How pixels become the file's input. */
  readonly inputScale?: Partial<InputScale>;
  readonly colour?: 'rgb' | 'bgr';
}

const RANGES = {
  bytes: { scale: { offset: 0, scale: 1 }, range: 'pixels from 0 to 255' },
  unit: { scale: { offset: 0, scale: 1 / 255 }, range: 'pixels from 0 to 1' },
  signed: { scale: { offset: 127.5, scale: 1 / 127.5 }, range: 'pixels from -1 to 1' },
} as const;

/** Throws a `FacewrightError` if the pixel range that the file expects cannot be determined. */
export function networkInput(channels: readonly PixelChannel[], hints: InputHints, where: string): NetworkInput {
  const order = channels.map(({ from }) => from);
  if ([...order].sort().join() !== RGB.join() || !channels.every(({ scale }) => scale > 0))
    throw new FacewrightError({
      what: `The first convolution must take red, green and blue once each, not inverted, but it takes the channels ${order.join(', ')} of the image.`,
      where,
      todo: 'Export the network without the nodes before its first convolution.',
    });
  const given = hints.colour === 'bgr' ? BGR : RGB;
  const { scale: own, range } = rangeOf(channels, hints, where);
  const offsets = RGB.map(() => 0);
  const scales = RGB.map(() => 1);
  channels.forEach(({ from, scale, shift }) => {
    const colour = given[from];
    const [ownOffset, ownScale] = [ofColour(own.offset, colour), ofColour(own.scale, colour)];
    scales[colour] = scale * ownScale;
    offsets[colour] = ownOffset - shift / (scale * ownScale);
  });
  return {
    file: { scale: own, channels: given, range },
    scale: { offset: together(offsets), scale: together(scales) },
    channels: order.map((from) => given[from]),
  };
}

/** A single number if all are equal up to float32 rounding. */
const together = (values: readonly number[]): ByColour => {
  const [red, green, blue] = values;
  return values.every((value) => Math.abs(value - red) <= 1e-6 * Math.abs(red)) ? rounded(red) : [red, green, blue];
};

/** Removes float32 noise: 127.5 rather than 127.50000001. */
const rounded = (value: number): number => Number(value.toPrecision(7));

function rangeOf(
  channels: readonly PixelChannel[],
  { inputScale }: InputHints,
  where: string,
): Omit<FileInput, 'channels'> {
  if (inputScale)
    return {
      scale: { offset: inputScale.offset ?? 127.5, scale: inputScale.scale ?? 1 / 127.5 },
      range: 'pixels as given',
    };
  const fits = (low: number, high: number): boolean =>
    channels.every(({ scale, shift }) => {
      const [from, to] = [low * scale + shift, high * scale + shift];
      return to - from >= 0.5 && to - from <= 9 && from >= -5 && to <= 6 && from <= 0.25;
    });
  if (fits(0, 255)) return RANGES.bytes;
  const middles = channels.map(({ scale, shift }) => -shift / scale);
  if (middles.every((middle) => middle >= 0.2 && middle <= 0.8) && fits(0, 1)) return RANGES.unit;
  if (middles.every((middle) => Math.abs(middle) < 0.2) && fits(-1, 1)) return RANGES.signed;
  const [{ scale, shift }] = channels;
  throw new FacewrightError({
    what: `The graph begins with ${shift < 0 ? `x × ${scale} − ${-shift}` : `x × ${scale} + ${shift}`}, which does not determine the range of its pixels.`,
    where,
    todo: 'Specify how pixels from 0 to 255 become the input of the file, e.g. --options \'{"inputScale":{"offset":0,"scale":1}}\' if it takes them unchanged.',
  });
}
