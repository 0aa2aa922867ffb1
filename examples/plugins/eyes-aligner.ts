/** Aligns by the eyes alone: both on one line, a fixed distance apart. For detectors whose nose and mouth are rough. */
import { definePlugin, type Aligner, type Point } from '@facewright/core';
import { fitSimilarity, inverse, warp } from '@facewright/preprocess';
import { z } from 'zod';

export default definePlugin({
  meta: { kind: 'aligner', name: 'eyes', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({
    size: z.int().min(16).max(512).default(112).describe('side of the aligned image in pixels'),
    apart: z.number().min(0.1).max(0.9).default(0.32).describe('distance between the eyes, as a fraction of the side'),
    height: z.number().min(0.1).max(0.9).default(0.46).describe('height of the eyes, as a fraction of the side'),
  }),
  create({ size, apart, height }): Aligner {
    const eyes: Point[] = [-0.5, 0.5].map((side) => [size * (0.5 + side * apart), size * height]);
    return {
      // everything that decides a pixel: a model is never used with images aligned another way
      fingerprint: `eyes-1 size=${size} apart=${apart} height=${height} bilinear`,
      size,
      align(image, { leftEye, rightEye }) {
        const toAligned = fitSimilarity([leftEye, rightEye], eyes);
        return warp(image, inverse(toAligned), size); // `warp` asks where each new pixel comes from
      },
    };
  },
});
