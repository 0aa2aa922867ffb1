/**
 * Resizing as a matrix along each side of an image: y = H·x·Wᵀ, with one or two numbers per row, so its gradient is
 * ∂x = Hᵀ·dy·W. (tfjs's own gradient kernels ignore `halfPixelCenters`, reject images that are not square, and mix up
 * the images of a batch for nearest neighbour; this is the gradient of what was actually computed.)
 */
import type { InterpolationAttributes } from '@facewright/capture';

const ratio = (from: number, to: number, { alignCorners }: InterpolationAttributes): number =>
  alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;

/** The source pixel, one of `from`, for each of `to` pixels. */
export function nearestPixels(from: number, to: number, attrs: InterpolationAttributes): number[] {
  const step = ratio(from, to, attrs);
  return Array.from({ length: to }, (_, i) => {
    const place = step * (attrs.halfPixelCenters ? i + 0.5 : i);
    return Math.max(0, Math.min(from - 1, attrs.alignCorners ? Math.round(place) : Math.floor(place)));
  });
}

/** [to, from], row-major: the weight of each source pixel in each of `to` pixels. */
export type ResizeMatrix = (from: number, to: number, attrs: InterpolationAttributes) => Float32Array;

export const bilinearMatrix: ResizeMatrix = (from, to, attrs) => {
  const step = ratio(from, to, attrs);
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const place = attrs.halfPixelCenters ? step * (i + 0.5) - 0.5 : step * i;
    const low = Math.max(0, Math.floor(place));
    const share = place - low;
    matrix[i * from + low] += 1 - share;
    matrix[i * from + Math.min(from - 1, Math.ceil(place))] += share;
  }
  return matrix;
};

export const nearestMatrix: ResizeMatrix = (from, to, attrs) => {
  const matrix = new Float32Array(to * from);
  nearestPixels(from, to, attrs).forEach((pixel, i) => (matrix[i * from + pixel] = 1));
  return matrix;
};
