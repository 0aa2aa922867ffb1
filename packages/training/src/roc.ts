/** The receiver operating characteristic of verification scores, and what is read off it. A pair is accepted where its score ≥ the threshold. */

export interface RocPoint {
  /** Share of different pairs accepted. */
  readonly far: number;
  /** Share of same pairs accepted. */
  readonly tar: number;
  readonly threshold: number;
}

export interface ScoredPair {
  readonly score: number;
  readonly same: boolean;
}

/** How many pairs of each kind score at or above a threshold, for every distinct score, from the highest down. */
export function acceptedByThreshold(pairs: readonly ScoredPair[]): { threshold: number; same: number; different: number }[] {
  const sorted = [...pairs].sort((a, b) => b.score - a.score);
  const counts: { threshold: number; same: number; different: number }[] = [];
  let same = 0;
  sorted.forEach((pair, index) => {
    if (pair.same) same++;
    if (sorted[index + 1]?.score !== pair.score) counts.push({ threshold: pair.score, same, different: index + 1 - same });
  });
  return counts;
}

/**
 * The threshold that gets most pairs right. It lies midway between two scores, where the range of equally good ones is widest; above all or below
 * all scores only if nothing between them is as good.
 */
export function bestThreshold(pairs: readonly ScoredPair[]): { threshold: number; accuracy: number } {
  const counts = acceptedByThreshold(pairs);
  const different = pairs.filter((pair) => !pair.same).length;
  const last = counts.length - 1;
  let best = { threshold: counts[0].threshold + 1e-6, right: different, gap: 0 };
  counts.forEach((count, index) => {
    const right = count.same + different - count.different;
    const gap = index < last ? count.threshold - counts[index + 1].threshold : 0;
    const threshold = index < last ? (count.threshold + counts[index + 1].threshold) / 2 : count.threshold;
    if (right > best.right || (right === best.right && gap > best.gap)) best = { threshold, right, gap };
  });
  return { threshold: best.threshold, accuracy: best.right / pairs.length };
}

/** Share of the pairs that a threshold gets right. */
export const accuracyAt = (pairs: readonly ScoredPair[], threshold: number): number => pairs.filter(({ score, same }) => score >= threshold === same).length / pairs.length;

/** True accept rate at the largest threshold range that accepts at most `far` of the different pairs; `null` where that is less than one pair. */
export function tarAtFar(pairs: readonly ScoredPair[], far: number): number | null {
  const different = pairs.filter((pair) => !pair.same).map((pair) => pair.score).sort((a, b) => b - a);
  const same = pairs.filter((pair) => pair.same);
  // 0.1 × 30 is a hair above 3 or below it
  const allowed = Math.floor(far * different.length + 1e-9);
  if (allowed < 1 || same.length === 0) return null;
  const firstRefused = different[allowed] ?? -Infinity;
  return same.filter(({ score }) => score > firstRefused).length / same.length;
}

/** The curve's corners from the strictest threshold on, at most `limit` of them. */
export function rocCurve(pairs: readonly ScoredPair[], limit = 400): RocPoint[] {
  const same = pairs.filter((pair) => pair.same).length;
  const points = acceptedByThreshold(pairs).map((count) => ({ far: count.different / (pairs.length - same), tar: count.same / same, threshold: count.threshold }));
  const corners = points.filter((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]];
    const straight = before && after && ((before.far === point.far && point.far === after.far) || (before.tar === point.tar && point.tar === after.tar));
    return !straight;
  });
  if (corners.length <= limit) return corners;
  return Array.from({ length: limit }, (_, index) => corners[Math.round((index * (corners.length - 1)) / (limit - 1))]);
}
