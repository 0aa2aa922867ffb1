/**
 * The similarity at or above which two photos show the same person: thresholds that evaluations have recorded in the
 * model's card.
 */
import { FacewrightError } from '@facewright/core';
import type { ModelCard } from '@facewright/training';

export interface Threshold {
  /** Cosine similarity in [−1, 1]; two photos that reach it count as the same person. */
  readonly threshold: number;
  /**
   * The measured share of different-person pairs that reach it; missing for the most accurate threshold and for the
   * caller's own.
   */
  readonly falseAcceptRate?: number;
  /** The data it was measured on; missing for the caller's own. */
  readonly on?: string;
}

/** The default rate: the strictest measured one that is not below this. */
const USUAL_RATE = 1e-3;

/**
 * The threshold for a false accept rate in (0, 1): that of the largest measured rate that is not above it. Evaluations
 * on more pairs take precedence. Throws a `FacewrightError` if the card has none.
 */
export function thresholdFor({ metrics = [] }: Pick<ModelCard, 'metrics'>, falseAcceptRate?: number): Threshold {
  if (falseAcceptRate !== undefined && !(falseAcceptRate > 0 && falseAcceptRate < 1))
    throw new RangeError(`the false accept rate must be between 0 and 1, got ${falseAcceptRate}`);
  const measured = metrics
    .toSorted((a, b) => b.pairs - a.pairs)
    .flatMap(({ on, thresholdAtFar = {} }) =>
      Object.entries(thresholdAtFar).flatMap(([far, threshold]) =>
        threshold === null ? [] : [{ threshold, falseAcceptRate: Number(far), on }],
      ),
    );
  const found =
    falseAcceptRate === undefined
      ? best(
          measured.filter((each) => each.falseAcceptRate >= USUAL_RATE * (1 - 1e-9)),
          (a, b) => a < b,
        )
      : best(
          measured.filter((each) => each.falseAcceptRate <= falseAcceptRate * (1 + 1e-9)),
          (a, b) => a > b,
        );
  if (found) return found;
  const rates = [...new Set(measured.map((each) => each.falseAcceptRate.toExponential()))];
  throw new FacewrightError({
    what: rates.length
      ? `The model's card has no threshold for a false accept rate of ${falseAcceptRate}: the lowest rate measured is ${rates.at(-1)}.`
      : "The model's card has no thresholds, so it is unknown at which similarity two photos show the same person.",
    where: "the model's card, model.json",
    todo: `${rates.length ? 'Ask for a higher rate, or evaluate' : 'Evaluate'} the model on ${rates.length ? 'more ' : ''}pairs of different people, which records thresholds: facewright pairs --data <people> --out pairs.txt, then facewright evaluate --model <model> --pairs pairs.txt --images <people>. Or set a threshold yourself: --threshold, in code { threshold }.`,
  });
}

/** The threshold that classifies the most measured pairs correctly. */
export function usualThreshold({ metrics = [] }: Pick<ModelCard, 'metrics'>): Threshold | undefined {
  const [measured] = metrics.filter((each) => each.threshold !== undefined).sort((a, b) => b.pairs - a.pairs);
  return measured && { threshold: measured.threshold!, on: measured.on };
}

const best = <T extends { readonly falseAcceptRate: number }>(
  all: readonly T[],
  better: (a: number, b: number) => boolean,
): T | undefined =>
  all.reduce<T | undefined>(
    (found, each) => (!found || better(each.falseAcceptRate, found.falseAcceptRate) ? each : found),
    undefined,
  );
