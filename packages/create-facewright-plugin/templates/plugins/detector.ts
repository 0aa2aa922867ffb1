/** Treats the centre of every photo as a face, or finds none: for portraits that are already cropped. */
import { definePlugin, landmarksFrom, type Detector, type Face, type RgbImage } from '@facewright/core';
import { z } from 'zod';
import { VERSION } from './version.js';

/** Left eye, right eye, nose, left and right mouth corner, as fractions of the photo's side. */
const POINTS = [
  [0.35, 0.4],
  [0.65, 0.4],
  [0.5, 0.6],
  [0.38, 0.75],
  [0.62, 0.75],
] as const;

export const myPlugin = definePlugin({
  meta: { name: 'my-plugin', kind: 'detector', version: VERSION, apiVersion: 1, description: 'one face in the middle' },
  options: z.strictObject({
    contrast: z.number().min(0).max(255).default(40).describe('range of grey levels that a photo of a face has'),
    side: z.int().min(1).default(32).describe('photos with a shorter side hold no face, in pixels'),
  }),
  create: ({ contrast, side }): Detector => ({
    fingerprint: `my-plugin-${contrast}-${side}`,
    // Change first: faces in order of decreasing confidence, or an empty list.
    async detect(image: RgbImage): Promise<Face[]> {
      const { width, height } = image;
      if (Math.min(width, height) < side || !isSmooth(image) || rangeOf(image) < contrast) return [];
      const landmarks = landmarksFrom(POINTS.map(([x, y]) => [x * width, y * height] as const));
      return [{ box: { x: 0, y: 0, width, height }, confidence: 1, landmarks }];
    },
  }),
});
export default myPlugin;

function rangeOf({ data }: RgbImage): number {
  const { low, high } = data.reduce(
    (range, value) => ({ low: Math.min(range.low, value), high: Math.max(range.high, value) }),
    { low: 255, high: 0 },
  );
  return high - low;
}

/** In photos neighbouring pixels are similar; in noise they are not. */
function isSmooth({ data }: RgbImage): boolean {
  let sum = 0;
  for (let i = 3; i < data.length; i++) sum += Math.abs(data[i] - data[i - 3]);
  return sum / data.length < 30;
}
