/** The plugin that aligns faces by five points to the InsightFace template. */
import { API_VERSION, definePlugin, FacewrightError, landmarkPoints, type Aligner, type Point } from '@facewright/core';
import { z } from 'zod';
import { fitSimilarity, inverse } from './similarity.js';
import { warp } from './warp.js';
import { VERSION } from '../version.js';

/** Image side that the template's coordinates refer to. */
const TEMPLATE_SIZE = 112;

/**
 * `arcface_dst` from deepinsight/insightface, python-package/insightface/utils/face_align.py: eyes, nose, mouth
 * corners.
 */
export const INSIGHTFACE_TEMPLATE: readonly Point[] = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];

/** The template for another image size, scaled as InsightFace does for multiples of 112. */
export const templateFor = (size: number): Point[] =>
  INSIGHTFACE_TEMPLATE.map(([x, y]): Point => [(x * size) / TEMPLATE_SIZE, (y * size) / TEMPLATE_SIZE]);

export function createFivePointAligner(size: number): Aligner {
  const template = templateFor(size);
  return {
    fingerprint: `insightface-5 size=${size} similarity bilinear border=black`,
    size,
    align(image, landmarks) {
      let similarity;
      try {
        similarity = fitSimilarity(landmarkPoints(landmarks), template);
      } catch (error) {
        throw new FacewrightError({
          what: 'Cannot align by these five points: they coincide or are not finite numbers.',
          cause: error,
        });
      }
      return warp(image, inverse(similarity), size);
    },
  };
}

export const fivePoint = definePlugin({
  meta: {
    name: 'five-point',
    kind: 'aligner',
    version: VERSION,
    apiVersion: API_VERSION,
    description: 'Umeyama similarity onto the five-point InsightFace template',
  },
  options: z.strictObject({
    size: z.int().min(16).max(1024).default(TEMPLATE_SIZE).describe('side of the aligned image in pixels'),
  }),
  create: ({ size }) => createFivePointAligner(size),
});

declare module '@facewright/core' {
  interface AlignerPlugins {
    'five-point': typeof fivePoint;
  }
}
