/** Describes an evaluation's results. */
import { countOf, type GroupFigures, type Identification, type Share, type Verification } from '@facewright/core';
import type { Evaluation, NameHint, PeopleLeftOut, ScoreSummary, SkippedImage } from '@facewright/run';
import { hintText } from './evaluate-target.js';

interface Beside {
  readonly skipped: readonly SkippedImage[];
  readonly hint?: NameHint;
  readonly leftOut?: PeopleLeftOut;
  readonly groups?: GroupFigures;
}

/** How many images or names are listed; --json lists them all. */
const LISTED = 5;
const percent = (value: number): string => `${(value * 100).toFixed(2)} %`;

export function evaluationText<Key>(
  { verification, scores, identification }: Evaluation<Key>,
  { skipped, hint, leftOut, groups }: Beside,
): string {
  return [
    ...(leftOut ? leftOutLines(leftOut) : []),
    ...(verification ? verificationLines(verification) : scoreLines(scores)),
    ...(verification?.skipped
      ? [`${countOf(verification.skipped, 'pair')} skipped: ${countOf(skipped.length, 'image')} could not be used`]
      : []),
    ...skippedLines(skipped, hint),
    ...(groups ? groupLines(groups) : []),
    ...(identification ? identificationLines(identification) : []),
  ].join('\n');
}

function scoreLines(scores: Evaluation<unknown>['scores']): string[] {
  const line = (kind: string, own: ScoreSummary | null): string[] =>
    own
      ? [
          `${countOf(own.pairs, 'pair')} of ${kind}: cosine similarities from ${own.min.toFixed(3)} to ${own.max.toFixed(3)}, mean ${own.mean.toFixed(3)}`,
        ]
      : [];
  return [...line('one person', scores.same), ...line('different people', scores.different)];
}

function verificationLines({ accuracy, std, pairs, threshold, eer, auc, operatingPoints }: Verification): string[] {
  return [
    `accuracy ${percent(accuracy)} ± ${percent(std)} on ${countOf(pairs, 'pair')}, threshold ${threshold.toFixed(3)}, equal error rate ${percent(eer)}, area under the curve ${auc.toFixed(4)}`,
    ...operatingPoints.map(({ far, tar, threshold: at }) =>
      tar === null || at === null
        ? `FAR ${far}: not enough pairs (${Math.round(1 / Number(far)).toLocaleString('en')} different pairs are needed)`
        : `FAR ${far}: TAR ${percent(tar)} at threshold ${at.toFixed(3)}`,
    ),
  ];
}

function skippedLines(skipped: readonly SkippedImage[], hint: NameHint | undefined): string[] {
  const more = skipped.length - LISTED;
  return [
    ...skipped.slice(0, LISTED).map(({ path, reason }) => `  ${path}: ${reason}`),
    ...(more > 0 ? [`  and ${more} more; --json lists them all`] : []),
    ...(hint ? [`  ${hintText(hint)}`] : []),
  ];
}

function leftOutLines({ people, pairs, unmatched, nearly }: PeopleLeftOut): string[] {
  return [
    `left out: ${countOf(pairs, 'pair')} with ${people} of the ${countOf(people + unmatched.length, 'person')}; the other ${unmatched.length} ${unmatched.length === 1 ? 'is' : 'are'} not in the pairs`,
    ...nearly
      .slice(0, LISTED)
      .map(
        ({ name, inPairs }) => `  "${name}" matched nobody, but the pairs show "${inPairs}": is that the same person?`,
      ),
    ...(nearly.length > LISTED ? [`  and ${nearly.length - LISTED} more names that are nearly the same`] : []),
  ];
}

function groupLines({ threshold, groups, gaps, across, ungrouped }: GroupFigures): string[] {
  const rate = (share: Share | null): string =>
    share ? `${percent(share.share)} [${percent(share.low)}, ${percent(share.high)}]` : 'no such pairs';
  const gap = (name: string, found: GroupFigures['gaps']['accuracy']): string[] =>
    found ? [`largest gap in ${name}: ${percent(found.gap)} (${found.lowest} lowest, ${found.highest} highest)`] : [];
  return [
    `by group at threshold ${threshold.toFixed(3)}, with 95 % intervals:`,
    ...groups.map(
      ({ group, same, different, accuracy, falseAcceptRate, falseRejectRate }) =>
        `  ${group} (${same} same, ${different} different pairs): accuracy ${rate(accuracy)}, false accepts ${rate(falseAcceptRate)}, false rejects ${rate(falseRejectRate)}`,
    ),
    ...gap('accuracy', gaps.accuracy),
    ...gap('false accepts', gaps.falseAcceptRate),
    ...gap('false rejects', gaps.falseRejectRate),
    ...(across || ungrouped
      ? [`not counted: ${across} pairs across groups, ${ungrouped} with a side in no group`]
      : []),
  ];
}

function identificationLines({ draws, enrolled, mated, nonMated, rank1, rank1Std, points }: Identification): string[] {
  return [
    `identification, mean of ${draws} draws: ${enrolled} people enrolled with one photo each, ${Math.round(mated)} probes of them and ${Math.round(nonMated)} of others`,
    `rank 1: ${percent(rank1)} ± ${percent(rank1Std)}`,
    ...points.map(({ fpir, threshold, fnir }) =>
      threshold === null || fnir === null
        ? `FPIR ${fpir}: not enough probes of others (${Math.round(1 / fpir).toLocaleString('en')} are needed)`
        : `FPIR ${fpir}: FNIR ${percent(fnir)} at threshold ${threshold.toFixed(3)}`,
    ),
  ];
}
