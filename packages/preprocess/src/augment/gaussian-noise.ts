/**
 * Additive Gaussian noise like skimage's `random_noise(image, mode='gaussian')` followed by `uint8(x * 255)`, as in the
 * original project: on values in [0, 1], for every channel of every pixel, clipped, then truncated to whole grey
 * levels.
 *
 * A value v is a whole grey level, so ⌊v + e⌋ = v + ⌊e⌋, and only the integer ⌊255 · (mean + deviation · z)⌋ needs to
 * be drawn. Its distribution is tabulated once in probability steps of 1/65,536; 16 random bits select an entry.
 */
import {
  API_VERSION,
  definePlugin,
  inject,
  OPTIONS,
  type Augmenter,
  type Random,
  type RgbImage,
} from '@facewright/core';
import { z } from 'zod';
import { Kernels } from '../kernels/module.js';
import { nextWords, seededLanes } from './lanes.js';
import { VERSION } from '../version.js';

const ENTRIES = 65536;

const options = z.strictObject({
  mean: z.number().min(-1).max(1).default(0).describe('on a scale where white is 1'),
  variance: z.number().min(0).max(1).default(0.01).describe('on a scale where white is 1'),
});

export class GaussianNoise implements Augmenter {
  private readonly add: (data: Uint8Array, random: Random) => Uint8Array;

  constructor(@inject(OPTIONS) { mean, variance }: z.output<typeof options>) {
    const table = levelTable(255 * mean, 255 * Math.sqrt(variance));
    this.add = fastNoise(table) ?? ((data, random) => plainNoise(data, table, random));
  }

  augment({ width, height, data }: RgbImage, random: Random): RgbImage {
    return { width, height, data: this.add(data, random) };
  }
}

/** Grey levels to add, ascending. Entry i is the level at probability (i + 1/2) / 65,536. */
export function levelTable(mean: number, deviation: number): Int16Array {
  const table = new Int16Array(ENTRIES);
  let level = Math.max(-256, Math.floor(mean - 6 * deviation));
  let below = normalBelow((level + 1 - mean) / deviation);
  for (let i = 0; i < ENTRIES; i++) {
    while (below <= (i + 0.5) / ENTRIES && level < 256) {
      level++;
      below = normalBelow((level + 1 - mean) / deviation);
    }
    table[i] = level;
  }
  return table;
}

/**
 * The normal distribution function, by Simpson's rule over its density; 1 at infinity, which a deviation of 0 gives. Only
 * used to build the table.
 */
function normalBelow(z: number): number {
  if (Math.abs(z) > 8) return z > 0 ? 1 : 0;
  const steps = 2 * Math.ceil(Math.abs(z) * 16 + 1);
  const h = z / steps;
  const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(z);
  for (let i = 1; i < steps; i++) sum += (i % 2 ? 4 : 2) * density(i * h);
  return 0.5 + (sum * h) / 3;
}

/** The reference implementation. */
export function plainNoise(data: Uint8Array, table: Int16Array, random: Random): Uint8Array {
  const state = seededLanes(random);
  const words = new Uint32Array(4);
  const out = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i += 8) {
    nextWords(state, words);
    for (let k = 0; k < 8 && i + k < data.length; k++)
      out[i + k] = data[i + k] + table[(words[k >> 1] >>> (16 * (k & 1))) & 0xffff];
  }
  return new Uint8Array(out.buffer);
}

/** The kernel, with the table kept in its memory; `undefined` if it cannot run. */
function fastNoise(table: Int16Array): ((data: Uint8Array, random: Random) => Uint8Array) | undefined {
  const kernels = Kernels.open();
  if (!kernels) return undefined;
  const levels = kernels.put(table);
  const after = kernels.mark();
  return (data, random) => {
    kernels.reset(after);
    const state = kernels.put(seededLanes(random));
    const src = kernels.put(data);
    const out = kernels.room(data.length);
    kernels.run.gaussian(src, out, data.length, levels, state);
    return kernels.take(out, data.length);
  };
}

export const gaussianNoise = definePlugin({
  meta: {
    name: 'gaussian-noise',
    kind: 'augmenter',
    version: VERSION,
    apiVersion: API_VERSION,
    description: 'Additive Gaussian noise',
  },
  options,
  useClass: GaussianNoise,
});

declare module '@facewright/core' {
  interface AugmenterPlugins {
    'gaussian-noise': typeof gaussianNoise;
  }
}
