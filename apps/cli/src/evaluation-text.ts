/** Describes an evaluation's results. */
import type { Evaluation, ScoreSummary } from '@facewright/run';

export function evaluationText<Key>({ verification, scores }: Evaluation<Key>, skippedImages: number): string {
  const percent = (value: number): string => `${(value * 100).toFixed(2)} %`;
  if (!verification) {
    const line = (kind: string, scores: ScoreSummary | null): string[] =>
      scores
        ? [
            `${scores.pairs} pairs of ${kind}: cosine similarities from ${scores.min.toFixed(3)} to ${scores.max.toFixed(3)}, mean ${scores.mean.toFixed(3)}`,
          ]
        : [];
    return [...line('one person', scores.same), ...line('different people', scores.different)].join('\n');
  }
  const { accuracy, std, pairs, threshold, eer, auc, operatingPoints, skipped } = verification;
  return [
    `accuracy ${percent(accuracy)} ± ${percent(std)} on ${pairs} pairs, threshold ${threshold.toFixed(3)}, equal error rate ${percent(eer)}, area under the curve ${auc.toFixed(4)}`,
    ...operatingPoints.map(({ far, tar, threshold }) =>
      tar === null || threshold === null
        ? `FAR ${far}: not enough pairs (${Math.round(1 / Number(far)).toLocaleString('en')} different pairs are needed)`
        : `FAR ${far}: TAR ${percent(tar)} at threshold ${threshold.toFixed(3)}`,
    ),
    ...(skipped ? [`${skipped} pairs skipped: ${skippedImages} images could not be used`] : []),
  ].join('\n');
}
