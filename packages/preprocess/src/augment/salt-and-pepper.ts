/**
 * Salt and pepper as skimage's `random_noise(image, mode='s&p')`: each channel of each pixel for itself is struck with probability `amount`,
 * and then becomes white with probability `salt`, else black.
 */
import { API_VERSION, definePlugin, type Augmenter } from '@facewright/core';
import { z } from 'zod';

export function createSaltAndPepper(amount: number, salt: number): Augmenter {
  return {
    augment({ width, height, data }, random) {
      const out = data.slice();
      for (let i = 0; i < out.length; i++) {
        if (random.uniform() < amount) out[i] = random.uniform() < salt ? 255 : 0;
      }
      return { width, height, data: out };
    },
  };
}

export const saltAndPepper = definePlugin({
  meta: { name: 'salt-and-pepper', kind: 'augmenter', version: '0.1.0', apiVersion: API_VERSION, description: 'Single values turned white or black' },
  options: z.strictObject({
    amount: z.number().min(0).max(1).default(0.05).describe('share of the values that are struck'),
    salt: z.number().min(0).max(1).default(0.5).describe('share of white among them'),
  }),
  create: ({ amount, salt }) => createSaltAndPepper(amount, salt),
});
