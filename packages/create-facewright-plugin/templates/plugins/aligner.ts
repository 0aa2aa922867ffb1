/**
 * Moves the eyes and the mouth to fixed positions: the similarity that best fits the five landmarks by least squares.
 */
import { definePlugin, landmarkPoints, type Aligner, type Landmarks, type RgbImage } from '@facewright/core';
import { z } from 'zod';
import { VERSION } from './version.js';

/** Target positions of the five landmarks for a side of 112. */
export const TEMPLATE = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
] as const;

export const myPlugin = definePlugin({
  meta: {
    name: 'my-plugin',
    kind: 'aligner',
    version: VERSION,
    apiVersion: 1,
    description: 'five points, least squares',
  },
  options: z.strictObject({ size: z.int().min(16).max(512).default(112).describe('side of the result in pixels') }),
  create: ({ size }): Aligner => ({
    // Include everything that affects the pixels in the fingerprint: models are only used with the alignment they were
    // trained on.
    fingerprint: `my-plugin-${size}-bilinear`,
    size,
    align: (image, landmarks) => sample(image, size, similarity(landmarks, size / 112)),
  }),
});
export default myPlugin;

type Similarity = (x: number, y: number) => readonly [number, number];

// Change first: the template above, or this.
/** From the aligned image to the photo: (x, y) ↦ (a·x − b·y, b·x + a·y) + shift, fitted to the five points. */
function similarity(landmarks: Landmarks, scale: number): Similarity {
  const from = TEMPLATE.map(([x, y]) => [x * scale, y * scale] as const);
  const to = landmarkPoints(landmarks);
  const mean = (points: readonly (readonly number[])[], axis: number) =>
    points.reduce((sum, p) => sum + p[axis] / 5, 0);
  const [fx, fy, tx, ty] = [mean(from, 0), mean(from, 1), mean(to, 0), mean(to, 1)];
  let [along, across, length] = [0, 0, 0];
  from.forEach(([x, y], i) => {
    const [dx, dy, ex, ey] = [x - fx, y - fy, to[i][0] - tx, to[i][1] - ty];
    along += dx * ex + dy * ey;
    across += dx * ey - dy * ex;
    length += dx * dx + dy * dy;
  });
  const [a, b] = [along / length, across / length];
  return (x, y) => [tx + a * (x - fx) - b * (y - fy), ty + b * (x - fx) + a * (y - fy)];
}

/** Bilinear; pixels outside the photo are black. */
function sample({ width, height, data }: RgbImage, size: number, inPhoto: Similarity): RgbImage {
  const at = (x: number, y: number, c: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : data[(y * width + x) * 3 + c];
  const out = new Uint8Array(size * size * 3);
  for (let i = 0; i < out.length; i++) {
    const pixel = Math.floor(i / 3);
    const [x, y] = inPhoto(pixel % size, Math.floor(pixel / size));
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const row = (r: number) => at(left, r, i % 3) * (1 - x + left) + at(left + 1, r, i % 3) * (x - left);
    out[i] = Math.round(row(top) * (1 - y + top) + row(top + 1) * (y - top));
  }
  return { width: size, height: size, data: out };
}
