/** Estimates how long a training will take, by running a few steps of each stage here. */
import type { Emit, Engine, Loss, Model, Optimiser } from '@facewright/core';
import { timeRange } from '@facewright/report';
import { firstRecord, leastSteps, stepLimit, type NamedCriterion } from '@facewright/training';
import { benchTrain } from './bench-train.js';

export interface TimeOptions {
  readonly engine: Engine;
  readonly model: Model;
  readonly classes: number;
  readonly batch: number;
  /** Number of micro-batches per step. */
  readonly parts: number;
  /** Number of training images; unknown without a prepared dataset. */
  readonly images?: number;
  readonly stages: readonly {
    readonly name: string;
    readonly loss: Loss;
    readonly optimiser: Optimiser;
    readonly criteria: readonly NamedCriterion[];
    /** Steps over which the learning rate rises. */
    readonly warmUp: number;
  }[];
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
}

export interface StageTime {
  readonly secondsPerStep: number;
  /** Warm-up steps, which include compilation. */
  readonly warmUpSeconds: number;
  /**
   * Steps of the stage; `null` if nothing limits them, or if the limit is in epochs and no dataset gives the length of
   * an epoch.
   */
  readonly steps: { readonly least: number; readonly most: number | null };
  readonly seconds: { readonly least: number; readonly most: number | null };
}

/** Steps that are measured after the warm-up: enough for a median. */
const STEPS = 3;

export async function planTime({ stages, images, ...options }: TimeOptions): Promise<StageTime[]> {
  const times: StageTime[] = [];
  for (const { name, loss, optimiser, criteria, warmUp } of stages) {
    const { imagesPerSecond, warmUpSeconds } = await benchTrain({
      ...options,
      loss,
      lossName: name,
      optimiser,
      steps: STEPS,
    });
    const secondsPerStep = options.batch / imagesPerSecond;
    const perEpoch = images === undefined ? undefined : Math.max(1, Math.ceil(images / options.batch));
    const steps = stepsOf(criteria, warmUp, perEpoch);
    times.push({
      secondsPerStep,
      warmUpSeconds,
      steps,
      seconds: {
        least: warmUpSeconds + steps.least * secondsPerStep,
        most: steps.most === null ? null : warmUpSeconds + steps.most * secondsPerStep,
      },
    });
  }
  return times;
}

/** Epochs of unknown length may be short, for the fewest steps, or long, for the limit. */
const stepsOf = (
  criteria: readonly NamedCriterion[],
  warmUp: number,
  stepsPerEpoch: number | undefined,
): StageTime['steps'] => ({
  least: leastSteps(firstRecord(criteria), criteria, { stepsPerEpoch: stepsPerEpoch ?? 1, warmUp }),
  most: stepLimit(criteria, stepsPerEpoch ?? Infinity) ?? null,
});

/** `2 min to 12 min (0.42 s a step, at most 600 steps)` */
export function timeText({ secondsPerStep, steps, seconds }: StageTime): string {
  const pace = secondsPerStep < 0.1 ? `${(1000 * secondsPerStep).toFixed(0)} ms` : `${secondsPerStep.toFixed(2)} s`;
  if (seconds.most === null) return `${pace} a step; --data with a prepared dataset tells how many`;
  const range = timeRange(seconds.most, steps.least === steps.most ? undefined : steps.least && seconds.least);
  return `${range} (${pace} a step, ${steps.least === steps.most ? '' : 'at most '}${steps.most!.toLocaleString('en')} steps)`;
}

export function totalText(times: readonly StageTime[]): string | undefined {
  if (times.some(({ seconds }) => seconds.most === null)) return undefined;
  const sum = (value: (time: StageTime) => number): number => times.reduce((all, time) => all + value(time), 0);
  const [least, most] = [sum(({ seconds }) => seconds.least), sum(({ seconds }) => seconds.most!)];
  const fixed = times.every(({ steps }) => steps.least === steps.most);
  return `training takes ${timeRange(most, fixed ? undefined : least)} here`;
}
