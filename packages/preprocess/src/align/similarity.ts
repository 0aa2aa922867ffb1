/**
 * The similarity (rotation, scale, translation; no reflection) that maps points onto others with least squared error:
 * Umeyama (IEEE TPAMI 13(4), 1991) in closed form for the plane, equal to skimage's SimilarityTransform.estimate.
 */
import type { Point } from '@facewright/core';

/** x' = a·x − b·y + tx, y' = b·x + a·y + ty. */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly ty: number;
}

/**
 * With both sets centred, minimising Σ|q − (a + ib)·p|² over complex numbers gives a + ib = Σ p̄·q / Σ|p|². Throws a
 * `RangeError` if the numbers of points differ, or if they coincide or are not finite.
 */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  if (from.length !== to.length || from.length < 2)
    throw new RangeError(`as many points as targets are needed, two or more; got ${from.length} and ${to.length}`);
  const [px, py] = centre(from);
  const [qx, qy] = centre(to);
  let along = 0;
  let across = 0;
  let spread = 0;
  from.forEach(([x, y], index) => {
    const [dx, dy] = [x - px, y - py];
    const [ex, ey] = [to[index][0] - qx, to[index][1] - qy];
    along += dx * ex + dy * ey;
    across += dx * ey - dy * ex;
    spread += dx * dx + dy * dy;
  });
  const a = along / spread;
  const b = across / spread;
  if (!Number.isFinite(a) || !Number.isFinite(b) || a * a + b * b === 0)
    throw new RangeError('the points lie in one place, or are not finite');
  return { a, b, tx: qx - a * px + b * py, ty: qy - b * px - a * py };
}

/** The inverse transformation. */
export function inverse({ a, b, tx, ty }: Similarity): Similarity {
  const size = a * a + b * b;
  const [c, s] = [a / size, -b / size];
  return { a: c, b: s, tx: -(c * tx - s * ty), ty: -(s * tx + c * ty) };
}

export const transform = ({ a, b, tx, ty }: Similarity, [x, y]: Point): Point => [
  a * x - b * y + tx,
  b * x + a * y + ty,
];

function centre(points: readonly Point[]): Point {
  const sum = points.reduce<Point>(([x, y], point) => [x + point[0], y + point[1]], [0, 0]);
  return [sum[0] / points.length, sum[1] / points.length];
}
