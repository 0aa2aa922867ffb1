/**
 * The 495,850 numbers of the published MTCNN weights, and the tensors that these networks take from them.
 *
 * The networks were trained on transposed images: conv kernels are [kA, kB, in, out] with kA along image x, and the
 * layer after the last convolution reads (x, y, channel). Both are transposed here once, so the input is an ordinary
 * [n, height, width, 3] image. Each network's output layers are merged into one: first the difference of the two class
 * logits (face − other), whose sigmoid is the softmax probability of a face, then the four box offsets, then for O-Net
 * the five x and five y coordinates of the landmarks.
 */
import { hostTensor, type HostTensor, type HostTensors } from '@facewright/core';

/** SHA-256 of the float32 numbers, little-endian, in the order P-, R-, O-Net. */
export const WEIGHTS_SHA256 = '20f4d3ac278e42e9a079453441533ec4e79bb6bd2e7cf7bd33e34ee123d674cb';

export const NET_NAMES = ['pnet', 'rnet', 'onet'] as const;
export type NetName = (typeof NET_NAMES)[number];

interface NetLayout {
  /** [kernel side, in, out], each followed by a bias and PReLU slopes. */
  readonly convolutions: readonly (readonly [side: number, inputs: number, outputs: number])[];
  /** The fully connected layer: [side of its input map, channels of the map, outputs]. */
  readonly dense?: readonly [side: number, channels: number, outputs: number];
  readonly features: number;
  /** Outputs of the last two or three layers: class logits, box offsets, landmarks. */
  readonly heads: readonly number[];
}

const LAYOUTS: Readonly<Record<NetName, NetLayout>> = {
  pnet: {
    convolutions: [
      [3, 3, 10],
      [3, 10, 16],
      [3, 16, 32],
    ],
    features: 32,
    heads: [2, 4],
  },
  rnet: {
    convolutions: [
      [3, 3, 28],
      [3, 28, 48],
      [2, 48, 64],
    ],
    dense: [3, 64, 128],
    features: 128,
    heads: [2, 4],
  },
  onet: {
    convolutions: [
      [3, 3, 32],
      [3, 32, 64],
      [3, 64, 64],
      [2, 64, 128],
    ],
    dense: [3, 128, 256],
    features: 256,
    heads: [2, 4, 10],
  },
};

const sizeOf = ({ convolutions, dense, features, heads }: NetLayout): number =>
  convolutions.reduce((sum, [side, inputs, outputs]) => sum + side * side * inputs * outputs + 2 * outputs, 0) +
  (dense ? dense[0] * dense[0] * dense[1] * dense[2] + 2 * dense[2] : 0) +
  heads.reduce((sum, outputs) => sum + (features + 1) * outputs, 0);

/** Size of each network's weights, and the total. */
export const NET_SIZES: Readonly<Record<NetName, number>> = {
  pnet: sizeOf(LAYOUTS.pnet),
  rnet: sizeOf(LAYOUTS.rnet),
  onet: sizeOf(LAYOUTS.onet),
};
export const WEIGHT_COUNT = NET_SIZES.pnet + NET_SIZES.rnet + NET_SIZES.onet;

/** The tensors of each net: `conv1/kernel`, `conv1/bias`, `conv1/slopes` …, `dense/…`, `heads/kernel`, `heads/bias`. */
export function netTensors(numbers: Float32Array): Readonly<Record<NetName, HostTensors>> {
  if (numbers.length !== WEIGHT_COUNT) throw new RangeError(`MTCNN has ${WEIGHT_COUNT} weights, got ${numbers.length}`);
  let at = 0;
  const take = (count: number): Float32Array => numbers.slice(at, (at += count));
  const read = (name: NetName): HostTensors => {
    const { convolutions, dense, features, heads } = LAYOUTS[name];
    const tensors: Record<string, HostTensor> = {};
    convolutions.forEach(([side, inputs, outputs], index) => {
      const stem = `conv${index + 1}`;
      tensors[`${stem}/kernel`] = hostTensor(
        [side, side, inputs, outputs],
        transposed(take(side * side * inputs * outputs), side, inputs * outputs),
      );
      tensors[`${stem}/bias`] = hostTensor([outputs], take(outputs));
      tensors[`${stem}/slopes`] = hostTensor([outputs], take(outputs));
    });
    if (dense) {
      const [side, channels, outputs] = dense;
      tensors['dense/kernel'] = hostTensor(
        [side * side * channels, outputs],
        transposed(take(side * side * channels * outputs), side, channels * outputs),
      );
      tensors['dense/bias'] = hostTensor([outputs], take(outputs));
      tensors['dense/slopes'] = hostTensor([outputs], take(outputs));
    }
    const parts = heads.map((outputs) => ({ outputs, kernel: take(features * outputs), bias: take(outputs) }));
    const { kernel, bias } = joined(parts, features);
    tensors['heads/kernel'] = hostTensor(dense ? [features, bias.length] : [1, 1, features, bias.length], kernel);
    tensors['heads/bias'] = hostTensor([bias.length], bias);
    return tensors;
  };
  return { pnet: read('pnet'), rnet: read('rnet'), onet: read('onet') };
}

/** [x, y, rest] to [y, x, rest]. */
function transposed(values: Float32Array, side: number, rest: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let x = 0; x < side; x++) {
    for (let y = 0; y < side; y++) {
      const from = (x * side + y) * rest;
      out.set(values.subarray(from, from + rest), (y * side + x) * rest);
    }
  }
  return out;
}

/** Merges the output layers, with the two class columns as one difference. */
function joined(
  parts: readonly { outputs: number; kernel: Float32Array; bias: Float32Array }[],
  features: number,
): { kernel: Float32Array; bias: Float32Array } {
  const [classes, ...others] = parts;
  const width = 1 + others.reduce((sum, part) => sum + part.outputs, 0);
  const row = (
    values: (part: { kernel: Float32Array; bias: Float32Array; outputs: number }) => Float32Array,
  ): number[] => {
    const [other, face] = values(classes);
    return [face - other, ...others.flatMap((part) => [...values(part)])];
  };
  const kernel = new Float32Array(features * width);
  for (let i = 0; i < features; i++)
    kernel.set(
      row((part) => part.kernel.subarray(i * part.outputs, (i + 1) * part.outputs)),
      i * width,
    );
  return { kernel, bias: Float32Array.from(row((part) => part.bias)) };
}
