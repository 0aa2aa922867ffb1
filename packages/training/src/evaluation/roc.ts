/**
 * The receiver operating characteristic of verification scores, and what is derived from it. A pair is accepted if its
 * score ≥ the threshold. Everything works on typed arrays, because a published set has up to 15 million pairs.
 */

export interface RocPoint {
  /** Fraction of different pairs accepted. */
  readonly far: number;
  /** Fraction of same pairs accepted. */
  readonly tar: number;
  readonly threshold: number;
}

/** What happens at a threshold chosen for a false accept rate. */
export interface OperatingPoint {
  /** The target rate, as `1e-3`. */
  readonly far: string;
  /** `null`, like `tar` and `falseAccepts`, if there are too few different pairs. */
  readonly threshold: number | null;
  readonly tar: number | null;
  /** Different pairs accepted at the threshold, which shows how reliable the figure is. */
  readonly falseAccepts: number | null;
}

/** For every distinct score, in decreasing order: the number of pairs of each kind that score at or above it. */
export interface Ranking {
  readonly thresholds: Float64Array;
  readonly same: Uint32Array;
  readonly different: Uint32Array;
  /** Total number of pairs of each kind. */
  readonly totals: { readonly same: number; readonly different: number };
}

/** Indexes of the scores in decreasing order. */
export const descending = (scores: ArrayLike<number>): Uint32Array =>
  Uint32Array.from({ length: scores.length }, (_, index) => index).sort((a, b) => scores[b] - scores[a]);

/** `order` is the result of `descending`; `keep` restricts it to those pairs. */
export function rank(
  scores: ArrayLike<number>,
  same: ArrayLike<unknown>,
  order: Uint32Array = descending(scores),
  keep?: (index: number) => boolean,
): Ranking {
  const thresholds = new Float64Array(order.length);
  const counts = { same: new Uint32Array(order.length), different: new Uint32Array(order.length) };
  let length = 0;
  const totals = { same: 0, different: 0 };
  for (const index of order) {
    if (keep && !keep(index)) continue;
    if (length === 0 || thresholds[length - 1] !== scores[index]) thresholds[length++] = scores[index];
    totals[same[index] ? 'same' : 'different']++;
    counts.same[length - 1] = totals.same;
    counts.different[length - 1] = totals.different;
  }
  return {
    thresholds: thresholds.subarray(0, length),
    same: counts.same.subarray(0, length),
    different: counts.different.subarray(0, length),
    totals,
  };
}

/**
 * Midway between a score and the next lower one, so that neither lies on it; for the lowest score, the score itself.
 */
const below = ({ thresholds }: Ranking, at: number): number =>
  at + 1 < thresholds.length ? (thresholds[at] + thresholds[at + 1]) / 2 : thresholds[at];
/** Above every score. */
const aboveAll = ({ thresholds }: Ranking): number => thresholds[0] + 1e-6;

/**
 * The threshold that classifies the most pairs correctly. It lies midway between two scores, where the range of equally
 * good ones is widest. It is above or below all scores only if nothing in between is as good.
 */
export function bestThreshold(ranking: Ranking): { threshold: number; accuracy: number } {
  const { thresholds, same, different, totals } = ranking;
  let best = { at: -1, right: totals.different, gap: 0 };
  for (let at = 0; at < thresholds.length; at++) {
    const right = same[at] + totals.different - different[at];
    const gap = at + 1 < thresholds.length ? thresholds[at] - thresholds[at + 1] : 0;
    if (right > best.right || (right === best.right && gap > best.gap)) best = { at, right, gap };
  }
  return {
    threshold: best.at < 0 ? aboveAll(ranking) : below(ranking, best.at),
    accuracy: best.right / (totals.same + totals.different),
  };
}

/** Fraction of the pairs that a threshold classifies correctly. */
export function accuracyAt({ thresholds, same, different, totals }: Ranking, threshold: number): number {
  let at = thresholds.length - 1;
  while (at >= 0 && thresholds[at] < threshold) at--;
  return ((at < 0 ? 0 : same[at]) + totals.different - (at < 0 ? 0 : different[at])) / (totals.same + totals.different);
}

/**
 * The lowest threshold that accepts at most `far` of the different pairs, and the true accept rate there. There must be
 * enough different pairs for at least one false accept: a thousand for 1e-3, a million for 1e-6.
 */
export function operatingPoint(ranking: Ranking, far: number): OperatingPoint {
  const { thresholds, same, different, totals } = ranking;
  const name = far.toExponential();
  // rounding may put 0.1 × 30 slightly above or below 3
  const allowed = Math.floor(far * totals.different + 1e-9);
  if (allowed < 1 || totals.same === 0) return { far: name, threshold: null, tar: null, falseAccepts: null };
  let at = thresholds.length - 1;
  while (at >= 0 && different[at] > allowed) at--;
  if (at < 0) return { far: name, threshold: aboveAll(ranking), tar: 0, falseAccepts: 0 };
  return { far: name, threshold: below(ranking, at), tar: same[at] / totals.same, falseAccepts: different[at] };
}

/**
 * The rate at which false rejects equal false accepts, interpolated linearly between thresholds. Needs pairs of both
 * kinds.
 */
export function equalErrorRate({ same, different, totals }: Ranking): number {
  let [far, frr] = [0, 1];
  for (let at = 0; at < same.length; at++) {
    const [nextFar, nextFrr] = [different[at] / totals.different, 1 - same[at] / totals.same];
    if (nextFar >= nextFrr) {
      const share = (frr - far) / (frr - far + nextFar - nextFrr);
      return far + share * (nextFar - far);
    }
    [far, frr] = [nextFar, nextFrr];
  }
  return far;
}

/** The probability that a same pair scores above a different one; ties count half. */
export function areaUnder({ same, different, totals }: Ranking): number {
  let area = 0;
  for (let at = 0; at < same.length; at++)
    area += (different[at] - (different[at - 1] ?? 0)) * (same[at] + (same[at - 1] ?? 0));
  return area / 2 / totals.same / totals.different;
}

/** The corners of the curve, from the strictest threshold on; at most `limit` of them. */
export function rocCurve({ thresholds, same, different, totals }: Ranking, limit = 400): RocPoint[] {
  const corners: number[] = [];
  for (let at = 0; at < thresholds.length; at++) {
    const inside = at > 0 && at + 1 < thresholds.length;
    const straight =
      inside &&
      ((different[at - 1] === different[at] && different[at] === different[at + 1]) ||
        (same[at - 1] === same[at] && same[at] === same[at + 1]));
    if (!straight) corners.push(at);
  }
  const kept =
    corners.length <= limit
      ? corners
      : Array.from({ length: limit }, (_, index) => corners[Math.round((index * (corners.length - 1)) / (limit - 1))]);
  return kept.map((at) => ({
    far: different[at] / totals.different,
    tar: same[at] / totals.same,
    threshold: thresholds[at],
  }));
}
