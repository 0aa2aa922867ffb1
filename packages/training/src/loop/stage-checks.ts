/** Errors in a list of stages, found before the first step. */
import { FacewrightError, type Model, type Random, type StageConfig } from '@facewright/core';
import { criteriaOf, stepLimit, type NamedCriterion } from '../criteria/record.js';
import { frozenParameters, HEAD, MODEL } from '../step/freeze.js';
import type { TrainStage } from './options.js';

interface CheckedStage {
  readonly name: string;
  readonly config: StageConfig;
  readonly criteria: readonly NamedCriterion[];
}

/**
 * Checks stages before there are photos: throws a `FacewrightError` if one would never end, its schedule has no end, or it
 * freezes what the model does not have.
 */
export function checkStages(stages: readonly TrainStage[], model: Model, random: Random): void {
  requireEnds(stages.map((stage) => ({ ...stage, criteria: criteriaOf(stage.config.until, stage.criteria) })));
  const freezing = stages.flatMap(({ config }) => config.freeze ?? []);
  if (!freezing.length) return;
  const ofModel = Object.keys(model.init(random.fork('model')).params);
  // the head has parameters, whose names do not matter
  const all = [...ofModel.map((name) => `${MODEL}${name}`), `${HEAD}centres`];
  for (const freeze of freezing) frozenParameters(freeze, all, model);
}

/** Throws a `FacewrightError` if a stage would never end, or its schedule has no end. */
export function requireEnds(stages: readonly CheckedStage[]): void {
  stages.forEach(({ name, criteria, config: { schedule } }, index) => {
    if (criteria.length === 0)
      throw new FacewrightError({
        what: `Stage ${index + 1} (${name}) would never end.`,
        where: `stages.${index}.until`,
        todo: 'Add "steps", "epochs", "plateau" or "accuracy".',
      });
    const falls = schedule?.name === 'cosine' || schedule?.name === 'polynomial';
    if (falls && schedule.steps === undefined && stepLimit(criteria, 1) === undefined) {
      throw new FacewrightError({
        what: `The ${schedule.name} schedule of stage ${index + 1} (${name}) has no length.`,
        where: `stages.${index}.schedule`,
        todo: 'Add "steps" to the schedule, or "steps" or "epochs" to "until".',
      });
    }
  });
}

/** Throws a `FacewrightError` if a stage's end depends on validation and there are no validation photos. */
export function requireNoValidation(stages: readonly CheckedStage[]): void {
  stages.forEach(({ name, criteria }, index) => {
    const waits = criteria.find(({ criterion }) => criterion.needsValidation);
    if (waits)
      throw new FacewrightError({
        what: `Stage ${index + 1} (${name}) ends on "${waits.name}", which needs validation photos, but there are none.`,
        where: `stages.${index}.until`,
        todo: 'Raise "validation.fraction" or "validation.minimum", or end the stage another way.',
      });
  });
}
