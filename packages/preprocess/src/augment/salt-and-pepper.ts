/**
 * Salt and pepper like skimage's `random_noise(image, mode='s&p')`: each channel of each pixel is changed independently
 * with probability `amount`, to white with probability `salt`, else to black. One 32-bit draw decides both.
 */
import { API_VERSION, definePlugin, type Augmenter, type Random } from '@facewright/core';
import { z } from 'zod';
import { Kernels } from '../kernels/module.js';
import { nextWords, seededLanes } from './lanes.js';
import { VERSION } from '../version.js';

export function createSaltAndPepper(amount: number, salt: number): Augmenter {
  const [struck, white] = [threshold(amount), threshold(amount * salt)];
  return {
    augment({ width, height, data }, random) {
      const changed = fastStrike(data, struck, white, random) ?? plainStrike(data, struck, white, random);
      return { width, height, data: changed };
    },
  };
}

/** The number below which 32-bit draws fall with the given probability. */
const threshold = (probability: number): number => Math.min(2 ** 32 - 1, Math.round(probability * 2 ** 32));

/** The reference implementation. Values whose draw is below `struck` become black, or white below `white`. */
export function plainStrike(data: Uint8Array, struck: number, white: number, random: Random): Uint8Array {
  const state = seededLanes(random);
  const words = new Uint32Array(4);
  const out = data.slice();
  for (let i = 0; i < out.length; i += 4) {
    nextWords(state, words);
    for (let k = 0; k < 4 && i + k < out.length; k++) if (words[k] < struck) out[i + k] = words[k] < white ? 255 : 0;
  }
  return out;
}

/** The kernel; `undefined` if it cannot run. */
function fastStrike(data: Uint8Array, struck: number, white: number, random: Random): Uint8Array | undefined {
  const kernels = Kernels.forOneCall();
  if (!kernels) return undefined;
  const state = kernels.put(seededLanes(random));
  const src = kernels.put(data);
  const out = kernels.room(data.length);
  kernels.run.saltAndPepper(src, out, data.length, struck, white, state);
  return kernels.take(out, data.length);
}

export const saltAndPepper = definePlugin({
  meta: {
    name: 'salt-and-pepper',
    kind: 'augmenter',
    version: VERSION,
    apiVersion: API_VERSION,
    description: 'Salt-and-pepper noise: single values set to white or black',
  },
  options: z.strictObject({
    amount: z.number().min(0).max(1).default(0.05).describe('fraction of values that are changed'),
    salt: z.number().min(0).max(1).default(0.5).describe('fraction of those that become white'),
  }),
  create: ({ amount, salt }) => createSaltAndPepper(amount, salt),
});

declare module '@facewright/core' {
  interface AugmenterPlugins {
    'salt-and-pepper': typeof saltAndPepper;
  }
}
