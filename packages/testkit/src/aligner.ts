/**
 * The conformance suite for aligners: landmarks are mapped to the template, pixels outside the photo are black, and the
 * input is unchanged.
 */
import {
  landmarkPoints,
  landmarksFrom,
  LANDMARK_NAMES,
  type Aligner,
  type Landmarks,
  type Point,
} from '@facewright/core';
import { expect } from 'vitest';
import { create, type ContextOptions } from './support/context.js';
import { centroid, noise, plain, spot } from './support/images.js';
import { defineSuite, setUp, type Subject, type SuiteOptions } from './support/suite.js';

export interface AlignerSuiteOptions extends SuiteOptions, ContextOptions {
  /** Positions of the five landmarks in the aligned image. */
  readonly template: Landmarks;
  /** Tolerance in pixels of the aligned image. */
  readonly tolerance?: number;
}

/** A face in a photo: the template rotated, scaled and shifted. */
interface Pose {
  readonly name: string;
  readonly angle: number;
  readonly scale: number;
  readonly at: Point;
}
const POSES: readonly Pose[] = [
  { name: 'upright', angle: 0, scale: 1, at: [200, 160] },
  { name: 'small', angle: 0.1, scale: 0.6, at: [150, 140] },
  { name: 'large', angle: -0.2, scale: 2.5, at: [210, 190] },
  { name: 'tilted by 40 degrees', angle: 0.7, scale: 1.3, at: [180, 170] },
  { name: 'upside down', angle: Math.PI, scale: 1, at: [200, 160] },
];
const WIDTH = 400;
const HEIGHT = 360;

/** Registers the suite: `testAligner(fivePoint({ size: 112 }), { template })`. */
export function testAligner(subject: Subject<'aligner'>, options: AlignerSuiteOptions): void {
  const { template, tolerance = 0.5 } = options;
  defineSuite('aligner', subject, options, (check) => {
    let aligner: Aligner;
    setUp(async () => {
      aligner = await create(subject, options);
    });

    const posed = ({ angle, scale, at }: Pose): Landmarks => {
      const centre = aligner.size / 2;
      const turn = ([x, y]: Point): Point => [
        at[0] + scale * (Math.cos(angle) * (x - centre) - Math.sin(angle) * (y - centre)),
        at[1] + scale * (Math.sin(angle) * (x - centre) + Math.cos(angle) * (y - centre)),
      ];
      return landmarksFrom(landmarkPoints(template).map(turn));
    };

    for (const pose of POSES) {
      check(`the landmarks of a face ${pose.name} land on the template`, () => {
        const landmarks = posed(pose);
        for (const name of LANDMARK_NAMES) {
          const [x, y] = centroid(
            aligner.align(spot(WIDTH, HEIGHT, landmarks[name], 2 * Math.max(1, pose.scale)), landmarks),
          );
          expect(Math.hypot(x - template[name][0], y - template[name][1]), name).toBeLessThanOrEqual(tolerance);
        }
      });
    }

    check('the result is size x size', () => {
      const { width, height, data } = aligner.align(noise(WIDTH, HEIGHT, 'aligner'), posed(POSES[0]));
      expect([width, height, data.length]).toEqual([aligner.size, aligner.size, aligner.size * aligner.size * 3]);
    });

    check('outside the photo is black', () => {
      const corner = aligner.align(
        plain(WIDTH, HEIGHT, [255, 255, 255]),
        posed({ name: 'corner', angle: 0, scale: 1, at: [0, 0] }),
      );
      const at = (x: number, y: number): number => corner.data[(y * aligner.size + x) * 3];
      const quarter = Math.floor(aligner.size / 4);
      expect([at(0, 0), at(quarter, quarter), at(aligner.size - 1, quarter)]).toEqual([0, 0, 0]);
      expect(at(aligner.size - 1, aligner.size - 1)).toBe(255);
      const away = aligner.align(
        plain(WIDTH, HEIGHT, [255, 255, 255]),
        posed({ name: 'away', angle: 0, scale: 1, at: [-5000, -5000] }),
      );
      expect(away.data.every((value) => value === 0)).toBe(true);
    });

    check('a photo of one pixel is taken', () => {
      expect(aligner.align(plain(1, 1, [9, 9, 9]), posed(POSES[0])).data.length).toBe(aligner.size * aligner.size * 3);
    });

    check('the photo and the landmarks are left as they were', () => {
      const photo = noise(WIDTH, HEIGHT, 'aligner');
      const landmarks = posed(POSES[3]);
      aligner.align(photo, landmarks);
      expect(Buffer.compare(photo.data, noise(WIDTH, HEIGHT, 'aligner').data)).toBe(0);
      expect(landmarks).toEqual(posed(POSES[3]));
    });

    check('the fingerprint is fixed and names what it stands for', async () => {
      expect(aligner.fingerprint.length).toBeGreaterThan(0);
      expect((await create(subject, options)).fingerprint).toBe(aligner.fingerprint);
    });
  });
}
