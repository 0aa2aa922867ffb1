/** Shared by this package's tests: the images and results of `reference/opencv.py`, and an engine for the networks. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Point, RgbImage } from '@facewright/core';

interface Golden {
  readonly pyramid: readonly { seed: number; from: [number, number]; to: [number, number]; sha256: string }[];
  readonly crops: readonly { seed: number; crop: [number, number, number, number]; side: number; sha256: string }[];
  readonly alignment: readonly { seed: number; points: Point[]; matrix: number[][]; sha256: string }[];
  readonly opening: readonly { seed: number; size: [number, number]; sha256: string }[];
  readonly boxes: readonly {
    seed: number;
    size: [number, number];
    box: [number, number, number, number] | null;
    sha256: string;
  }[];
  readonly pickles: Readonly<Record<string, string>>;
}
export const golden = JSON.parse(readFileSync(new URL('../reference/golden.json', import.meta.url), 'utf8')) as Golden;

/** The noise of `image()` in opencv.py. */
export function noiseImage(width: number, height: number, seed: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    let h = (i + seed * 1000003) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    data[i] = h ^ (h >>> 16);
  }
  return { width, height, data };
}

export const sha256 = (values: Uint8Array | Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
