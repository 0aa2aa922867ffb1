/** The image pyramid, and P-Net over it in bands, so that memory does not grow with the photo. */
import { hostTensor, type Executable } from '@facewright/core';
import { CELL, PROPOSAL_WIDTH, STRIDE } from './nets.js';
import type { NetImage } from './photo-pixels.js';

/** The scales at which P-Net's 12-pixel square sees faces from `minFace` pixels up to the image's shorter side. */
export function pyramidScales(width: number, height: number, minFace: number, factor: number): number[] {
  const largest = CELL / minFace;
  const scales: number[] = [];
  for (let side = Math.min(width, height) * largest; side >= CELL; side *= factor) scales.push(largest * factor ** scales.length);
  return scales;
}

/** P-Net's answers over a whole image: [rows, columns, 5], row-major. */
export interface AnswerMap {
  readonly rows: number;
  readonly columns: number;
  readonly answers: Float32Array;
}

/** Pixels in one run of P-Net; its widest activation takes 40 bytes for each. */
const BAND_PIXELS = 1 << 20;
/** Input rows that the first answer of a band needs beyond two for every answer. */
const OVERLAP = CELL - STRIDE;

const cells = (side: number): number => Math.ceil((side - 2) / STRIDE) - 4;

/** `BAND_PIXELS` may be set lower to see that bands give the answers of the whole. */
export async function answersOver(image: NetImage, pnet: Executable, bandPixels = BAND_PIXELS): Promise<AnswerMap> {
  const { width, height, values } = image;
  const [rows, columns] = [cells(height), cells(width)];
  const answers = new Float32Array(rows * columns * PROPOSAL_WIDTH);
  const step = Math.max(1, Math.floor((bandPixels / width - OVERLAP) / STRIDE));
  for (let row = 0; row < rows; row += step) {
    const last = row + step >= rows;
    const from = row * STRIDE;
    const to = last ? height : from + step * STRIDE + OVERLAP;
    const images = hostTensor([1, to - from, width, 3], values.subarray(from * width * 3, to * width * 3));
    const { answers: band } = await pnet.run({ images });
    answers.set(band.data, row * columns * PROPOSAL_WIDTH);
  }
  return { rows, columns, answers };
}
