/**
 * Bilinear warping, bit for bit the same as `cv2.warpAffine` for 8-bit images (INTER_LINEAR, BORDER_CONSTANT 0): source
 * positions in 1/1024 pixel, interpolation in steps of 1/32 pixel, halves rounded up.
 */
import type { RgbImage } from '@facewright/core';
import { halfEven } from '../half-even.js';
import { Kernels } from '../kernels/module.js';
import { transform, type Similarity } from './similarity.js';

/** Fractional bits of a position while it is summed, and how many of them the interpolation uses. */
const POSITION_BITS = 10;
const FRACTION_BITS = 5;
const DROPPED = POSITION_BITS - FRACTION_BITS;
const STEPS = 1 << FRACTION_BITS;
const HALF_STEP = 1 << (DROPPED - 1);

/** A `size` × `size` image whose pixel (x, y) shows the source at `toSource`(x, y). Black outside the source. */
export function warp(image: RgbImage, toSource: Similarity, size: number): RgbImage {
  return fastWarp(image, toSource, size) ?? plainWarp(image, toSource, size);
}

/** Farther from the image than this many pixels, a 32-bit position could overflow. */
const FAR = 2 ** 20;

/**
 * The kernel, given only the part of the photo that the result shows, plus a border; `undefined` if it cannot run, or if
 * that part is too far away.
 */
function fastWarp({ width, height, data }: RgbImage, toSource: Similarity, size: number): RgbImage | undefined {
  const kernels = Kernels.forOneCall();
  if (!kernels) return undefined;
  const corners = [
    [0, 0],
    [size, 0],
    [0, size],
    [size, size],
  ].map(([x, y]) => transform(toSource, [x, y]));
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  if (![...xs, ...ys].every((value) => Math.abs(value) < FAR)) return undefined;
  const within = (value: number, limit: number): number => Math.max(0, Math.min(limit, value));
  let [left, right] = [
    within(Math.floor(Math.min(...xs)) - 2, width - 1),
    within(Math.ceil(Math.max(...xs)) + 3, width),
  ];
  if ((right - left) * 2 > width) [left, right] = [0, width]; // whole rows are contiguous, and faster to copy than parts of rows
  const [top, bottom] = [
    within(Math.floor(Math.min(...ys)) - 2, height - 1),
    within(Math.ceil(Math.max(...ys)) + 3, height),
  ];
  const [windowWidth, windowHeight] = [Math.max(1, right - left), Math.max(1, bottom - top)];
  const src = kernels.room(windowWidth * windowHeight * 3);
  const out = kernels.room(size * size * 3);
  const columns = kernels.room(size * 8);
  const memory = kernels.bytes();
  const copied = windowWidth === width ? windowHeight : 1; // rows at a time
  for (let y = 0; y < windowHeight; y += copied) {
    const from = ((top + y) * width + left) * 3;
    memory.set(data.subarray(from, from + windowWidth * copied * 3), src + y * windowWidth * 3);
  }
  kernels.run.warp(
    src,
    windowWidth,
    windowHeight,
    left,
    top,
    toSource.a,
    toSource.b,
    toSource.tx,
    toSource.ty,
    size,
    columns,
    out,
  );
  return { width: size, height: size, data: kernels.take(out, size * size * 3) };
}

/** The reference implementation. */
export function plainWarp({ width, height, data }: RgbImage, toSource: Similarity, size: number): RgbImage {
  const { a, b, tx, ty } = toSource;
  const out = new Uint8Array(size * size * 3);
  const row = width * 3;
  for (let y = 0, q = 0; y < size; y++) {
    const startX = position(-b * y + tx) + HALF_STEP;
    const startY = position(a * y + ty) + HALF_STEP;
    for (let x = 0; x < size; x++, q += 3) {
      const stepsX = (startX + position(a * x)) >> DROPPED;
      const stepsY = (startY + position(b * x)) >> DROPPED;
      const left = stepsX >> FRACTION_BITS;
      const top = stepsY >> FRACTION_BITS;
      if (left < -1 || top < -1 || left >= width || top >= height) continue;
      const fx = stepsX & (STEPS - 1);
      const fy = stepsY & (STEPS - 1);
      // neighbours outside count as black
      const [hasLeft, hasRight, hasTop, hasBottom] = [left >= 0, left + 1 < width, top >= 0, top + 1 < height];
      const topLeft = hasTop && hasLeft ? (STEPS - fx) * (STEPS - fy) : 0;
      const topRight = hasTop && hasRight ? fx * (STEPS - fy) : 0;
      const bottomLeft = hasBottom && hasLeft ? (STEPS - fx) * fy : 0;
      const bottomRight = hasBottom && hasRight ? fx * fy : 0;
      const p = top * row + left * 3;
      for (let channel = 0; channel < 3; channel++) {
        const at = p + channel;
        let sum = STEPS * STEPS * 0.5;
        if (topLeft) sum += topLeft * data[at];
        if (topRight) sum += topRight * data[at + 3];
        if (bottomLeft) sum += bottomLeft * data[at + row];
        if (bottomRight) sum += bottomRight * data[at + row + 3];
        out[q + channel] = sum >> (2 * FRACTION_BITS);
      }
    }
  }
  return { width: size, height: size, data: out };
}

/** Pixels to whole 1/1024ths within 32 bits, rounding half to even. */
function position(pixels: number): number {
  return Math.max(-0x7ffff000, Math.min(0x7ffff000, halfEven(pixels * (1 << POSITION_BITS))));
}
