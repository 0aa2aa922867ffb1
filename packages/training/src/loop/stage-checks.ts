/** What is wrong with a list of stages before any step, and how long they take at most. */
import { FacewrightError, type StageConfig } from '@facewright/core';
import type { Position } from '../checkpoint/checkpoints.js';
import { stepLimit, type NamedCriterion } from '../criteria/stage-end.js';

interface NamedStage {
  readonly name: string;
  readonly config: StageConfig;
}

/** The criteria of each stage. */
type Criteria = readonly (readonly NamedCriterion[])[];

/** Throws a `FacewrightError` where a stage would never end, or its rate has nowhere to fall to. */
export function requireEnds(stages: readonly NamedStage[], criteria: Criteria): void {
  stages.forEach(({ name, config: { schedule } }, index) => {
    if (criteria[index].length === 0)
      throw new FacewrightError({
        what: `Stage ${index + 1} (${name}) would never end.`,
        where: `stages.${index}.until`,
        todo: 'Give it steps, epochs, plateau or accuracy.',
      });
    const falls = schedule?.name === 'cosine' || schedule?.name === 'polynomial';
    if (falls && schedule.steps === undefined && stepLimit(criteria[index], 1) === undefined) {
      throw new FacewrightError({
        what: `The ${schedule.name} schedule of stage ${index + 1} (${name}) has no end to fall to.`,
        where: `stages.${index}.schedule`,
        todo: 'Give it "steps", or give the stage\'s "until" steps or epochs.',
      });
    }
  });
}

/** Throws a `FacewrightError` where a stage ends by validation, and there are no photos for it. */
export function requireNoValidation(stages: readonly NamedStage[], criteria: Criteria): void {
  stages.forEach(({ name }, index) => {
    const waits = criteria[index].find(({ criterion }) => criterion.needsValidation);
    if (waits)
      throw new FacewrightError({
        what: `Stage ${index + 1} (${name}) waits for "${waits.name}", which is measured on validation photos, and there are none.`,
        where: `stages.${index}.until`,
        todo: 'Raise "validation.fraction" or "validation.minimum", or end the stage another way.',
      });
  });
}

/** What the whole training takes at most, where that is known: stages done count as they were, those to come by their limits. */
export function imagesInAll(
  { step, stage, record }: Position,
  criteria: Criteria,
  { perEpoch, size }: { perEpoch: number; size: number },
): number | undefined {
  const limits = criteria.slice(stage).map((own) => stepLimit(own, perEpoch));
  const steps = limits.reduce<number>((sum, limit) => sum + (limit ?? NaN), step - record.steps);
  return Number.isNaN(steps) ? undefined : steps * size;
}
