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

/** Pixels in one run of P-Net: what its layers hand on then stays in the processor's cache. */
const BAND_PIXELS = 1 << 15;
/** Input rows that the first answer of a band needs beyond two for every answer. */
const OVERLAP = CELL - STRIDE;

const cells = (side: number): number => Math.ceil((side - 2) / STRIDE) - 4;

/** `bandPixels` may be set otherwise to see that bands give the answers of the whole. */
export async function answersOver(image: NetImage, pnet: Executable, bandPixels = BAND_PIXELS): Promise<AnswerMap> {
  const { width, height } = image;
  const [rows, columns] = [cells(height), cells(width)];
  const bands = Math.ceil((width * height) / bandPixels);
  const step = Math.max(1, Math.ceil(rows / bands));
  if (step >= rows) return { rows, columns, answers: await answersIn(image, pnet) };
  const answers = new Float32Array(rows * columns * PROPOSAL_WIDTH);
  for (let row = 0; row < rows; row += step) {
    const from = row * STRIDE;
    const to = row + step >= rows ? height : from + step * STRIDE + OVERLAP;
    answers.set(await answersIn(bandOf(image, from, to), pnet), row * columns * PROPOSAL_WIDTH);
  }
  return { rows, columns, answers };
}

async function answersIn({ width, height, values }: NetImage, pnet: Executable): Promise<Float32Array> {
  const { answers } = await pnet.run({ images: hostTensor([1, 3, height, width], values) });
  return answers.data as Float32Array;
}

/** The image's rows from `from` to before `to`. */
function bandOf({ width, height, values }: NetImage, from: number, to: number): NetImage {
  const band = new Float32Array(3 * (to - from) * width);
  for (let plane = 0; plane < 3; plane++) band.set(values.subarray((plane * height + from) * width, (plane * height + to) * width), plane * (to - from) * width);
  return { width, height: to - from, values: band };
}
