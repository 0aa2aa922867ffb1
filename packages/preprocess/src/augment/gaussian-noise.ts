/**
 * Additive Gaussian noise as skimage's `random_noise(image, mode='gaussian')` and the seed's `uint8(x * 255)` after it: on values in [0, 1],
 * for every channel of every pixel, clipped, then cut down to whole grey levels.
 */
import { API_VERSION, definePlugin, type Augmenter } from '@facewright/core';
import { z } from 'zod';

/** `mean` and `variance` on the scale where white is 1. */
export function createGaussianNoise(mean: number, variance: number): Augmenter {
  const deviation = Math.sqrt(variance);
  return {
    augment({ width, height, data }, random) {
      const out = new Uint8Array(data.length);
      for (let i = 0; i < out.length; i++) {
        const value = data[i] / 255 + mean + deviation * random.normal();
        out[i] = value <= 0 ? 0 : value >= 1 ? 255 : value * 255;
      }
      return { width, height, data: out };
    },
  };
}

export const gaussianNoise = definePlugin({
  meta: { name: 'gaussian-noise', kind: 'augmenter', version: '0.1.0', apiVersion: API_VERSION, description: 'Additive Gaussian noise' },
  options: z.strictObject({
    mean: z.number().min(-1).max(1).default(0).describe('where white is 1'),
    variance: z.number().min(0).max(1).default(0.01).describe('where white is 1'),
  }),
  create: ({ mean, variance }) => createGaussianNoise(mean, variance),
});
