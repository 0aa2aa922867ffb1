/** A stage's record, which is plain data and part of the checkpoint, and the criteria that end the stage. */
import type { Criterion, CriterionMemory, CriterionStep, UntilRule } from '@facewright/core';
import { atAccuracy } from './accuracy.js';
import { afterEpochs, afterSteps } from './limits.js';
import { atPlateau } from './plateau.js';

/** What a stage has seen so far. */
export interface StageRecord {
  /** Steps completed in this stage. */
  readonly steps: number;
  /** The most recent losses, oldest first. */
  readonly recent: readonly number[];
  /** How often the stage went back to its last good state. Each setback lowers the learning rate. */
  readonly setbacks: number;
  /** The memory of each of its criteria, in the same order. */
  readonly memories: readonly CriterionMemory[];
}

export interface NamedCriterion {
  readonly name: string;
  readonly criterion: Criterion;
}

/** The criteria of `until` in the order in which they are asked, followed by `further` ones. */
export function criteriaOf(
  { steps, epochs, plateau, accuracy }: UntilRule,
  further: readonly NamedCriterion[] = [],
): NamedCriterion[] {
  return [
    ...(steps === undefined ? [] : [{ name: 'steps', criterion: afterSteps({ steps }) }]),
    ...(epochs === undefined ? [] : [{ name: 'epochs', criterion: afterEpochs({ epochs }) }]),
    ...(plateau ? [{ name: 'plateau', criterion: atPlateau(plateau) }] : []),
    ...(accuracy ? [{ name: 'accuracy', criterion: atAccuracy(accuracy) }] : []),
    ...further,
  ];
}

export const firstRecord = (criteria: readonly NamedCriterion[]): StageRecord => ({
  steps: 0,
  recent: [],
  setbacks: 0,
  memories: criteria.map(({ criterion }) => criterion.begin()),
});

const RECENT = 20;

/** The record with one more step. */
export function observe(
  record: StageRecord,
  criteria: readonly NamedCriterion[],
  seen: Omit<CriterionStep, 'steps'>,
): StageRecord {
  const steps = record.steps + 1;
  return {
    ...record,
    steps,
    recent: [...record.recent, seen.loss].slice(-RECENT),
    memories: criteria.map(({ criterion }, index) => criterion.observe(record.memories[index], { ...seen, steps })),
  };
}

/** The criteria's remarks on the step between two records. */
export const remarks = (record: StageRecord, former: StageRecord, criteria: readonly NamedCriterion[]): string[] =>
  criteria.flatMap(({ criterion }, index) => criterion.remark?.(record.memories[index], former.memories[index]) ?? []);

export interface Ending {
  /** The criterion's name. */
  readonly because: string;
  readonly evidence: Record<string, unknown>;
}

/** Why the stage ends here, if it does. The first criterion that says so wins. */
export function ending(record: StageRecord, criteria: readonly NamedCriterion[]): Ending | undefined {
  for (const [index, { name, criterion }] of criteria.entries()) {
    const evidence = criterion.verdict(record.memories[index]);
    if (evidence) return { because: name, evidence: { ...evidence } };
  }
  return undefined;
}

/** The maximum number of steps of a stage, if known. */
export function stepLimit(criteria: readonly NamedCriterion[], stepsPerEpoch: number): number | undefined {
  const limit = Math.min(...criteria.map(({ criterion }) => criterion.limit?.(stepsPerEpoch) ?? Infinity));
  return Number.isFinite(limit) ? limit : undefined;
}

/**
 * The fewest steps a stage with this record will still take: the minimum over its criteria. `warmUp` is the stage's
 * number of warm-up steps.
 */
export function leastSteps(
  { steps, memories }: Pick<StageRecord, 'steps' | 'memories'>,
  criteria: readonly NamedCriterion[],
  { stepsPerEpoch, warmUp }: { readonly stepsPerEpoch: number; readonly warmUp: number },
): number {
  const warmUpLeft = Math.max(0, warmUp - steps);
  return Math.min(
    ...criteria.map(({ criterion }, index) => criterion.least?.(memories[index], stepsPerEpoch, warmUpLeft) ?? 0),
  );
}

/** The mean of the most recent losses, which is less noisy than the loss of one batch. */
export const recentLoss = ({ recent }: StageRecord): number =>
  recent.reduce((sum, loss) => sum + loss, 0) / recent.length;
