/**
 * Morphological opening (erosion, then dilation) with a square of ones on each channel, like
 * `cv2.morphologyEx(image, MORPH_OPEN, np.ones((5, 5)))`: pixels outside the image are ignored.
 */
import { API_VERSION, definePlugin, type Augmenter, type RgbImage } from '@facewright/core';
import { z } from 'zod';
import { Kernels } from '../kernels/module.js';
import { VERSION } from '../version.js';

export function createOpening(side: number): Augmenter {
  const reach = (side - 1) / 2;
  return {
    augment: (image: RgbImage) => ({
      width: image.width,
      height: image.height,
      data: fastOpening(image, reach) ?? plainOpening(image, reach),
    }),
  };
}

/** The reference implementation. */
export function plainOpening({ width, height, data }: RgbImage, reach: number): Uint8Array {
  const eroded = least(data, width, height, reach);
  complement(eroded); // the minimum of the complement is the maximum
  const dilated = least(eroded, width, height, reach);
  complement(dilated);
  return dilated;
}

/** The kernel; `undefined` if it cannot run. */
function fastOpening({ width, height, data }: RgbImage, reach: number): Uint8Array | undefined {
  const kernels = Kernels.forOneCall();
  if (!kernels) return undefined;
  const src = kernels.put(data);
  const out = kernels.room(data.length);
  const room = kernels.room((width + 2 * reach) * (height + 4 * reach + 1) * 3);
  kernels.run.opening(src, width, height, reach, room, out);
  return kernels.take(out, data.length);
}

/** Minimum of the square around each value. A white border keeps outside pixels from counting. */
function least(data: Uint8Array, width: number, height: number, reach: number): Uint8Array {
  const side = 2 * reach + 1;
  const row = width * 3;
  const padded = (width + 2 * reach) * 3;
  const values = new Uint8Array(padded * (height + 2 * reach)).fill(255);
  for (let y = 0; y < height; y++) values.set(data.subarray(y * row, (y + 1) * row), (y + reach) * padded + reach * 3);
  // each value takes the minimum of those after it, first along its row, then down its column
  lowerToWindow(values, 3, side);
  lowerToWindow(values, padded, side);
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) out.set(values.subarray(y * padded, y * padded + row), y * row);
  return out;
}

/** Replaces each value by the minimum of the `size` values from it on, `step` apart, by combining windows in pairs. */
function lowerToWindow(values: Uint8Array, step: number, size: number): void {
  for (let covered = 1; covered < size;) {
    const shift = Math.min(covered, size - covered);
    for (let i = 0, j = shift * step; j < values.length; i++, j++) {
      const difference = values[j] - values[i];
      values[i] += difference & (difference >> 31); // a minimum without a branch, which noise would mispredict
    }
    covered += shift;
  }
}

function complement(data: Uint8Array): void {
  for (let i = 0; i < data.length; i++) data[i] = 255 - data[i];
}

export const opening = definePlugin({
  meta: {
    name: 'opening',
    kind: 'augmenter',
    version: VERSION,
    apiVersion: API_VERSION,
    description: 'Morphological opening with a square',
  },
  options: z.strictObject({
    side: z
      .int()
      .min(1)
      .max(31)
      .refine((side) => side % 2 === 1, 'an odd number is needed')
      .default(5)
      .describe('side of the square in pixels'),
  }),
  create: ({ side }) => createOpening(side),
});

declare module '@facewright/core' {
  interface AugmenterPlugins {
    opening: typeof opening;
  }
}
