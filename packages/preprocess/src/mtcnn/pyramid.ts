/** Runs P-Net over the image pyramid in bands, so that memory does not grow with the photo. */
import { hostTensor, type Executable } from '@facewright/core';
import { CELL, STRIDE } from './nets.js';
import type { NetImage } from './photo-pixels.js';

/** The scales at which P-Net's 12-pixel square sees faces from `minFace` pixels up to the image's shorter side. */
export function pyramidScales(width: number, height: number, minFace: number, factor: number): number[] {
  const largest = CELL / minFace;
  const scales: number[] = [];
  for (let side = Math.min(width, height) * largest; side >= CELL; side *= factor)
    scales.push(largest * factor ** scales.length);
  return scales;
}

/** P-Net's answers over some rows of its cells: [rows, columns, 5], row-major. Valid until the next are asked for. */
export interface AnswerBand {
  /** The first of these rows in the whole image. */
  readonly row: number;
  readonly columns: number;
  readonly answers: Float32Array;
}

/** Pixels in one run of P-Net: what its layers hand on then stays in the processor's cache. */
const BAND_PIXELS = 1 << 14;
/** Input rows that the first answer of a band needs beyond two for every answer. */
const OVERLAP = CELL - STRIDE;

const cells = (side: number): number => Math.ceil((side - 2) / STRIDE) - 4;

/** From the top down. `bandPixels` may be set otherwise to see that bands give the answers of the whole. */
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
