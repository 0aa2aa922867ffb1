/** The published results of `mtcnn` 0.1.0 on real photos, and how closely a detector matches them. */
import { readFileSync } from 'node:fs';
import { landmarkPoints, type Detector, type Face, type RgbImage } from '@facewright/core';
import { decodeImage } from '@facewright/platform/node';

type Pair = [number, number];
interface GoldenFace {
  readonly box: [number, number, number, number];
  readonly confidence: number;
  readonly keypoints: { left_eye: Pair; right_eye: Pair; nose: Pair; mouth_left: Pair; mouth_right: Pair };
}
export interface GoldenPhoto {
  readonly path: string;
  readonly faces: readonly GoldenFace[];
}

export const goldenPhotos = (directory: string): GoldenPhoto[] =>
  JSON.parse(readFileSync(`${directory}/mtcnn-0.1.0-golden.json`, 'utf8')) as GoldenPhoto[];
/** The results of `reference/mtcnn_1.py` on photos in the same directory. */
export const answersOfRules1 = (): GoldenPhoto[] =>
  JSON.parse(readFileSync(new URL('../reference/mtcnn-1.0.0.json', import.meta.url), 'utf8')) as GoldenPhoto[];
export const openPhoto = (path: string): Promise<RgbImage> => decodeImage(readFileSync(path));

/** Box and landmarks as 14 numbers. */
const numbersOf = ({ box, landmarks }: Face): number[] => [
  box.x,
  box.y,
  box.width,
  box.height,
  ...landmarkPoints(landmarks).flat(),
];
const goldenNumbers = ({ box, keypoints: k }: GoldenFace): number[] => [
  ...box,
  ...[k.left_eye, k.right_eye, k.nose, k.mouth_left, k.mouth_right].flat(),
];

export interface Comparison {
  /** Golden faces without a detection within 10 pixels in every number, and detections without a golden face. */
  missed: string[];
  extra: string[];
  coordinates: number;
  equal: number;
  largestDifference: number;
  largestConfidenceDifference: number;
}

export async function compare(
  detector: Detector,
  directory: string,
  photos: readonly GoldenPhoto[],
): Promise<Comparison> {
  const result: Comparison = {
    missed: [],
    extra: [],
    coordinates: 0,
    equal: 0,
    largestDifference: 0,
    largestConfidenceDifference: 0,
  };
  for (const { path, faces } of photos) {
    const left = new Set(await detector.detect(await openPhoto(`${directory}/${path}`)));
    for (const golden of faces) {
      const expected = goldenNumbers(golden);
      const distance = (face: Face): number =>
        Math.max(...numbersOf(face).map((value, index) => Math.abs(value - expected[index])));
      const nearest = [...left].sort((a, b) => distance(a) - distance(b)).at(0);
      if (!nearest || distance(nearest) > 10) {
        result.missed.push(`${path} ${golden.box.join(',')}`);
        continue;
      }
      left.delete(nearest);
      result.coordinates += expected.length;
      result.equal += numbersOf(nearest).filter((value, index) => value === expected[index]).length;
      result.largestDifference = Math.max(result.largestDifference, distance(nearest));
      result.largestConfidenceDifference = Math.max(
        result.largestConfidenceDifference,
        Math.abs(nearest.confidence - golden.confidence),
      );
    }
    result.extra.push(...[...left].map((face) => `${path} ${numbersOf(face).join(',')}`));
  }
  return result;
}
