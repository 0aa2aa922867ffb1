/** `metrics.json`: the results of a run for programs. */
import type { PreparationSummary, PreparationThroughput, RunEvent, Verification } from '@facewright/core';
import { historyOf } from './history.js';
import { judgeRun, type Naming } from './judge-run.js';
import type { Verdict } from './verdict.js';

export interface Metrics {
  /** What the results mean and what to do next; missing for an unfinished run. */
  readonly verdict?: Verdict;
  /** `null` if the run prepared nothing (an already prepared dataset). */
  readonly preparation: Pick<PreparationSummary, 'photos' | 'kept' | 'dropped' | 'reasons' | 'perTier'> | null;
  readonly stages: readonly {
    readonly loss: string;
    readonly steps: number;
    readonly finalLoss: number;
    readonly endedBecause: string;
  }[];
  /** `null` if nothing was evaluated. */
  readonly verification: Pick<Verification, 'pairs' | 'accuracy' | 'std' | 'threshold' | 'tarAtFar'> | null;
  readonly throughput: {
    readonly detectPhotosPerSecond: number | null;
    readonly trainImagesPerSecond: number | null;
    /** Worker threads and seconds by stage. */
    readonly preparation?: PreparationThroughput;
  };
}

/** The metrics of the run with these events. Includes only finished stages. */
export function metricsFrom(events: Iterable<RunEvent>, { nameOf }: Naming = {}): Metrics {
  const history = historyOf(events);
  const { prepared, stages, evaluated, trained } = history;
  const verdict = judgeRun(history, { nameOf });
  const verification = evaluated?.verification;
  return {
    ...(verdict && { verdict }),
    preparation: prepared
      ? {
          photos: prepared.summary.photos,
          kept: prepared.summary.kept,
          dropped: prepared.summary.dropped,
          reasons: prepared.summary.reasons,
          perTier: prepared.summary.perTier,
        }
      : null,
    stages: stages.flatMap(({ finished }) =>
      finished
        ? [
            {
              loss: finished.loss,
              steps: finished.steps,
              finalLoss: finished.finalLoss,
              endedBecause: finished.endedBecause,
            },
          ]
        : [],
    ),
    verification: verification
      ? {
          pairs: verification.pairs,
          accuracy: verification.accuracy,
          std: verification.std,
          threshold: verification.threshold,
          tarAtFar: verification.tarAtFar,
        }
      : null,
    throughput: {
      detectPhotosPerSecond: prepared?.photosPerSecond ?? null,
      trainImagesPerSecond: trained?.imagesPerSecond ?? null,
      ...(prepared?.throughput && { preparation: prepared.throughput }),
    },
  };
}
