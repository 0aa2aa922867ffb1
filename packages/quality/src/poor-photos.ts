/** Photos that show little of a face: few pixels, blurred, or turned far to the side. */
import type { Landmarks } from '@facewright/core';

export interface PoorPhoto {
  readonly photo: number;
  readonly reasons: readonly string[];
}

export interface PoorLimits {
  /** Minimum distance between the eyes in the source photo, in pixels. */
  readonly eyes: number;
  /** Minimum variance of the Laplacian of the aligned face. */
  readonly sharpness: number;
  /**
   * Maximum distance of the nose from the midpoint of the eyes, along the line through the eyes, in units of the eye
   * distance: 0 from the front, 0.5 when one eye is behind the nose.
   */
  readonly turn: number;
}

export const POOR_LIMITS: PoorLimits = { eyes: 16, sharpness: 20, turn: 0.4 };

export function findPoorPhotos(
  photos: readonly { readonly sharpness: number; readonly landmarks?: Landmarks }[],
  limits: PoorLimits = POOR_LIMITS,
): PoorPhoto[] {
  return photos.flatMap(({ sharpness, landmarks }, photo) => {
    const reasons: string[] = [];
    if (sharpness < limits.sharpness) reasons.push(`blurred: sharpness ${sharpness.toFixed(1)}`);
    if (landmarks) {
      const { eyes, turn } = poseOf(landmarks);
      if (eyes < limits.eyes) reasons.push(`small: the eyes are ${eyes.toFixed(0)} pixels apart`);
      if (turn > limits.turn) reasons.push(`turned aside: ${turn.toFixed(2)}`);
    }
    return reasons.length ? [{ photo, reasons }] : [];
  });
}

export function poseOf({ leftEye, rightEye, nose }: Landmarks): { eyes: number; turn: number } {
  const [dx, dy] = [rightEye[0] - leftEye[0], rightEye[1] - leftEye[1]];
  const eyes = Math.hypot(dx, dy);
  const [mx, my] = [(leftEye[0] + rightEye[0]) / 2, (leftEye[1] + rightEye[1]) / 2];
  const along = ((nose[0] - mx) * dx + (nose[1] - my) * dy) / Math.max(eyes, 1e-6);
  return { eyes, turn: Math.abs(along) / Math.max(eyes, 1e-6) };
}
