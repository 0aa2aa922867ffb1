/** How well a model tells people apart within each of several groups, at the one threshold in use. */
import { FacewrightError, type GroupFigures, type GroupRow, type Share } from '@facewright/core';

/** Two-sided 95 %. */
const Z = 1.959964;

/** With Wilson's score interval (Wilson 1927), which holds near 0 and 1 and for small counts. */
export function shareOf(count: number, of: number): Share | null {
  if (!of) return null;
  const share = count / of;
  const middle = (share + Z ** 2 / (2 * of)) / (1 + Z ** 2 / of);
  const half = (Z / (1 + Z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  return { share, count, of, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

export interface GroupedPair {
  readonly score: number;
  readonly same: boolean;
  /** Of its two sides; undefined where a side is in no group. */
  readonly groups: readonly [string | undefined, string | undefined];
}

/** Pairs count for a group if both sides are in it. Throws a `FacewrightError` where no pair does. */
export function groupFigures(pairs: Iterable<GroupedPair>, threshold: number): GroupFigures {
  const tallies = new Map<string, { same: number; different: number; rejected: number; accepted: number }>();
  let [across, ungrouped] = [0, 0];
  for (const {
    score,
    same,
    groups: [a, b],
  } of pairs) {
    if (a === undefined || b === undefined) ungrouped++;
    else if (a !== b) across++;
    else {
      const own = tallies.get(a) ?? { same: 0, different: 0, rejected: 0, accepted: 0 };
      tallies.set(a, own);
      own[same ? 'same' : 'different']++;
      if (same && score < threshold) own.rejected++;
      if (!same && score >= threshold) own.accepted++;
    }
  }
  if (!tallies.size)
    throw new FacewrightError({
      what: `No pair has both sides in one group: ${across} pairs are of two groups, ${ungrouped} have a side in no group.`,
      todo: 'Name the images as the list of pairs does, or the people by their folders.',
    });
  const groups = [...tallies]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, { same, different, rejected, accepted }]): GroupRow => ({
      group,
      same,
      different,
      accuracy: shareOf(same + different - rejected - accepted, same + different)!,
      falseAcceptRate: shareOf(accepted, different),
      falseRejectRate: shareOf(rejected, same),
    }));
  const gaps = {
    accuracy: gapOf(groups, ({ accuracy }) => accuracy),
    falseAcceptRate: gapOf(groups, ({ falseAcceptRate }) => falseAcceptRate),
    falseRejectRate: gapOf(groups, ({ falseRejectRate }) => falseRejectRate),
  };
  return { threshold, groups, gaps, across, ungrouped };
}

function gapOf(groups: readonly GroupRow[], of: (row: GroupRow) => Share | null): GroupFigures['gaps']['accuracy'] {
  const known = groups.flatMap((row) => {
    const value = of(row);
    return value ? [{ group: row.group, share: value.share }] : [];
  });
  if (known.length < 2) return null;
  const sorted = known.sort((a, b) => a.share - b.share);
  const [lowest, highest] = [sorted[0], sorted[sorted.length - 1]];
  return { gap: highest.share - lowest.share, lowest: lowest.group, highest: highest.group };
}
