/** A face as a detector reports it: a box, a confidence and five landmarks. */
import type { Box, Point } from './image.js';

/** The five landmarks of the InsightFace template. Left and right as the viewer sees them. */
export interface Landmarks {
  readonly leftEye: Point;
  readonly rightEye: Point;
  readonly nose: Point;
  readonly mouthLeft: Point;
  readonly mouthRight: Point;
}

export interface Face {
  readonly box: Box;
  /** The detector's own score in [0, 1]. */
  readonly confidence: number;
  readonly landmarks: Landmarks;
}

/** The order used by templates and landmark lists. */
export const LANDMARK_NAMES = ['leftEye', 'rightEye', 'nose', 'mouthLeft', 'mouthRight'] as const;

/** The five points in template order. */
export function landmarkPoints(landmarks: Landmarks): Point[] {
  return LANDMARK_NAMES.map((name) => landmarks[name]);
}

/** Five points in template order, as landmarks. Throws a `RangeError` on any other number of points. */
export function landmarksFrom(points: readonly Point[]): Landmarks {
  if (points.length !== 5) throw new RangeError(`five landmarks are needed, got ${points.length}`);
  const [leftEye, rightEye, nose, mouthLeft, mouthRight] = points;
  return { leftEye, rightEye, nose, mouthLeft, mouthRight };
}
