/** Finds the head in a passport photo: what stands out from a plain backdrop. The landmarks are placed by proportion. */
import { definePlugin, landmarksFrom, type Detector, type Face, type RgbImage } from '@facewright/core';
import { z } from 'zod';

/** Eyes, nose and corners of the mouth, as fractions of the head's box. */
const PROPORTIONS = [
  [0.32, 0.4],
  [0.68, 0.4],
  [0.5, 0.6],
  [0.36, 0.76],
  [0.64, 0.76],
] as const;

export default definePlugin({
  meta: { kind: 'detector', name: 'plain-backdrop', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({
    difference: z.number().min(1).max(255).default(40).describe('grey levels by which a head stands out'),
    minSide: z.int().min(8).default(24).describe('shortest side of a head in pixels'),
  }),
  create: ({ difference, minSide }): Detector => ({
    fingerprint: `plain-backdrop-1 difference=${difference} minSide=${minSide}`,
    async detect(image): Promise<Face[]> {
      const box = boxOf(image, difference);
      if (!box || Math.min(box.width, box.height) < minSide || touchesTop(box)) return [];
      const at = PROPORTIONS.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height] as const);
      return [{ box, confidence: 1, landmarks: landmarksFrom(at) }];
    },
  }),
});

/** With a plain backdrop the top row shows none of the head. */
const touchesTop = ({ y }: Face['box']): boolean => y === 0;

/** The box of all pixels that differ from the top left corner. */
function boxOf({ width, height, data }: RgbImage, difference: number): Face['box'] | undefined {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (![0, 1, 2].some((c) => Math.abs(data[pixel * 3 + c] - data[c]) > difference)) continue;
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return right < 0 ? undefined : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
