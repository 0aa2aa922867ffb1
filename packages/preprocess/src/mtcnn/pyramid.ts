/** The image pyramid, and P-Net over it in bands, so that memory does not grow with the photo. */
import { hostTensor, type Executable } from '@facewright/core';
import { CELL, STRIDE } from './nets.js';
import type { NetImage } from './photo-pixels.js';

/** The scales at which P-Net's 12-pixel square sees faces from `minFace` pixels up to the image's shorter side. */
export function pyramidScales(width: number, height: number, minFace: number, factor: number): number[] {
  const largest = CELL / minFace;
  const scales: number[] = [];
  for (let side = Math.min(width, height) * largest; side >= CELL; side *= factor) scales.push(largest * factor ** scales.length);
  return scales;
}

/** P-Net's answers over some rows of its cells: [rows, columns, 5], row-major. */
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
export async function* answersOver(image: NetImage, pnet: Executable, bandPixels = BAND_PIXELS): AsyncGenerator<AnswerBand> {
  const { width, height } = image;
  const [rows, columns] = [cells(height), cells(width)];
  const step = Math.max(1, Math.ceil(rows / Math.ceil((width * height) / bandPixels)));
  const room = step < rows ? new Float32Array(3 * (step * STRIDE + OVERLAP + STRIDE) * width) : undefined;
  for (let row = 0; row < rows; row += step) {
    const from = row * STRIDE;
    const to = row + step >= rows ? height : from + step * STRIDE + OVERLAP;
    const values = room ? bandOf(image, from, to, room) : image.values;
    const { answers } = await pnet.run({ images: hostTensor([1, 3, to - from, width], values) });
    yield { row, columns, answers: answers.data as Float32Array };
  }
}

/** The image's rows from `from` to before `to`, in `room`. */
function bandOf({ width, height, values }: NetImage, from: number, to: number, room: Float32Array): Float32Array {
  const size = (to - from) * width;
  for (let plane = 0; plane < 3; plane++) room.set(values.subarray((plane * height + from) * width, (plane * height + to) * width), plane * size);
  return room.subarray(0, 3 * size);
}
