/** Runs P-Net over the image pyramid in bands, so that memory does not grow with the photo. */
import { hostTensor, type Executable } from '@facewright/core';
import { CELL, STRIDE } from './nets.js';
import type { NetImage } from './photo-pixels.js';

/** The scales at which P-Net's 12-pixel square covers faces from `minFace` pixels up to the image's shorter side. */
export function pyramidScales(width: number, height: number, minFace: number, factor: number): number[] {
  const largest = CELL / minFace;
  const scales: number[] = [];
  for (let side = Math.min(width, height) * largest; side >= CELL; side *= factor)
    scales.push(largest * factor ** scales.length);
  return scales;
}

/** P-Net's output for a band of its cells: [rows, columns, 5], row-major. Valid until the next one is requested. */
export interface AnswerBand {
  /** The first of these rows in the whole image. */
  readonly row: number;
  readonly columns: number;
  readonly answers: Float32Array;
}

/** Pixels per run of P-Net, so that the layers' outputs stay in the CPU cache. */
const BAND_PIXELS = 1 << 14;
/** Input rows that a band needs in addition to two per output row. */
const OVERLAP = CELL - STRIDE;

const cells = (side: number): number => Math.ceil((side - 2) / STRIDE) - 4;

/** From top to bottom. Tests set `bandPixels` to check that bands give the same output as the whole image. */
export async function* answersOver(
  { width, height, values }: NetImage,
  pnet: Executable,
  bandPixels = BAND_PIXELS,
): AsyncGenerator<AnswerBand> {
  const [rows, columns] = [cells(height), cells(width)];
  const step = Math.max(1, Math.ceil(rows / Math.ceil((width * height) / bandPixels)));
  for (let row = 0; row < rows; row += step) {
    const from = row * STRIDE;
    const to = row + step >= rows ? height : from + step * STRIDE + OVERLAP;
    const { answers } = await pnet.run({
      images: hostTensor([1, 1, 3 * (to - from), width], values.subarray(3 * from * width, 3 * to * width)),
    });
    yield { row, columns, answers: answers.data as Float32Array };
  }
}
