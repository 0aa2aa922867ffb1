/**
 * Places features on a turned head. The head is half an ellipsoid in head units, z towards the viewer. A point is
 * rotated by yaw and pitch, projected without perspective, then mapped to pixels by a similarity (roll, scale,
 * translation). Landmarks use the same mapping as the drawing.
 */
import type { Point } from '@facewright/core';
import type { Conditions } from './conditions.js';
import type { Person } from './person.js';

export interface HeadView {
  /**
   * The projected position, in head units, of a point on the front of the face; `lift` is its height above the surface.
   */
  on(x: number, y: number, lift?: number): Point;
  /** The same for any point in space. */
  at(x: number, y: number, z: number): Point;
  /** An SVG transform into the plane tangent to a point of the face, foreshortened like the surface there. */
  patch(x: number, y: number, lift?: number): string;
  /** The SVG transform from projected head units to the photo's pixels. */
  readonly toPhoto: string;
  /** A projected position in pixel coordinates, where the centre of the top-left pixel is (0, 0). */
  pixel(point: Point): Point;
}

/** Depth of the head's front half. */
const DEPTH = 62;

export function viewHead(
  person: Person,
  { yaw, pitch, roll, scale, x: shiftX, y: shiftY }: Conditions['pose'],
): HeadView {
  const [sinYaw, cosYaw] = sinCos(yaw);
  const [sinPitch, cosPitch] = sinCos(pitch);
  const [sinRoll, cosRoll] = sinCos(roll);
  const halfWidth = person.face.width * 1.08;
  const halfHeight = person.face.chin * 1.2;

  const at = (x: number, y: number, z: number): Point => {
    const towards = z * cosYaw - x * sinYaw;
    return [x * cosYaw + z * sinYaw, y * cosPitch + towards * sinPitch];
  };
  const depth = (x: number, y: number): number =>
    DEPTH * Math.sqrt(Math.max(0.04, 1 - (x / halfWidth) ** 2 - (y / halfHeight) ** 2));
  const on = (x: number, y: number, lift = 0): Point => at(x, y, depth(x, y) + lift);
  const [a, b, c, d] = [cosRoll * scale, sinRoll * scale, -sinRoll * scale, cosRoll * scale];

  return {
    at,
    on,
    patch: (x, y, lift = 0) => {
      const [x0, y0] = on(x, y, lift);
      const [x1, y1] = on(x + 1, y, lift);
      const [x2, y2] = on(x, y + 1, lift);
      return matrix(x1 - x0, y1 - y0, x2 - x0, y2 - y0, x0, y0);
    },
    toPhoto: matrix(a, b, c, d, shiftX, shiftY),
    // SVG coordinates start at the corner of the first pixel
    pixel: ([x, y]) => [a * x + c * y + shiftX - 0.5, b * x + d * y + shiftY - 0.5],
  };
}

const sinCos = (degrees: number): [number, number] => [
  Math.sin((degrees * Math.PI) / 180),
  Math.cos((degrees * Math.PI) / 180),
];
const matrix = (...values: number[]): string => `matrix(${values.map((value) => value.toFixed(4)).join(',')})`;

/** A number formatted for SVG. */
export const number = (value: number): string => String(Math.round(value * 100) / 100);

/** A smooth closed curve through the points (Catmull–Rom), as path data. */
export function closedCurve(points: readonly Point[]): string {
  const at = (i: number): Point => points[(i + points.length) % points.length];
  const text = ([x, y]: Point): string => `${number(x)} ${number(y)}`;
  const parts = points.map((point, i) => {
    const [before, next, after] = [at(i - 1), at(i + 1), at(i + 2)];
    const leave: Point = [point[0] + (next[0] - before[0]) / 6, point[1] + (next[1] - before[1]) / 6];
    const arrive: Point = [next[0] - (after[0] - point[0]) / 6, next[1] - (after[1] - point[1]) / 6];
    return `C${text(leave)} ${text(arrive)} ${text(next)}`;
  });
  return `M${text(points[0])}${parts.join('')}Z`;
}
