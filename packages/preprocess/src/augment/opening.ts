/**
 * Morphological opening (erosion, then dilation) with a square of ones, each channel for itself, as
 * `cv2.morphologyEx(image, MORPH_OPEN, np.ones((5, 5)))`: pixels outside the image take no part.
 */
import { API_VERSION, definePlugin, type Augmenter, type RgbImage } from '@facewright/core';
import { z } from 'zod';

export function createOpening(side: number): Augmenter {
  const reach = (side - 1) / 2;
  return {
    augment({ width, height, data }: RgbImage) {
      // a square is the sum of a row and a column; a byte's complement turns the least into the greatest
      const eroded = columnsMin(rowsMin(data, width, height, reach), width, height, reach);
      complement(eroded);
      const dilated = columnsMin(rowsMin(eroded, width, height, reach), width, height, reach);
      complement(dilated);
      return { width, height, data: dilated };
    },
  };
}

/** Least value within `reach` pixels to the left and right. */
function rowsMin(data: Uint8Array, width: number, height: number, reach: number): Uint8Array {
  const out = new Uint8Array(data.length);
  const row = width * 3;
  for (let y = 0; y < height; y++) {
    const base = y * row;
    for (let x = 0; x < width; x++) {
      const from = base + Math.max(0, x - reach) * 3;
      const to = base + Math.min(width - 1, x + reach) * 3;
      let r = data[from];
      let g = data[from + 1];
      let b = data[from + 2];
      for (let p = from + 3; p <= to; p += 3) {
        if (data[p] < r) r = data[p];
        if (data[p + 1] < g) g = data[p + 1];
        if (data[p + 2] < b) b = data[p + 2];
      }
      const q = base + x * 3;
      out[q] = r;
      out[q + 1] = g;
      out[q + 2] = b;
    }
  }
  return out;
}

/** Least value within `reach` pixels up and down. */
function columnsMin(data: Uint8Array, width: number, height: number, reach: number): Uint8Array {
  const row = width * 3;
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    const base = y * row;
    const from = Math.max(0, y - reach) * row;
    const to = Math.min(height - 1, y + reach) * row;
    out.set(data.subarray(from, from + row), base);
    for (let line = from + row; line <= to; line += row) {
      for (let i = 0; i < row; i++) if (data[line + i] < out[base + i]) out[base + i] = data[line + i];
    }
  }
  return out;
}

function complement(data: Uint8Array): void {
  for (let i = 0; i < data.length; i++) data[i] = 255 - data[i];
}

export const opening = definePlugin({
  meta: { name: 'opening', kind: 'augmenter', version: '0.1.0', apiVersion: API_VERSION, description: 'Morphological opening with a square' },
  options: z.strictObject({ side: z.int().min(1).max(31).refine((side) => side % 2 === 1, 'an odd number is needed').default(5).describe('side of the square in pixels') }),
  create: ({ side }) => createOpening(side),
});
