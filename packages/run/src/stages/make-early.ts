/**
 * What can go wrong with the parts of a run is found before its photos are prepared: a plugin that cannot be created or
 * lacks a method, a stage that would never end, starting weights of another model. It is then an error at once, and not
 * after hours of preparation.
 */
import { EVENTS, RANDOM, withPlugin, type RunEvent } from '@facewright/core';
import { checkAlignment, checkStages } from '@facewright/training';
import type { Composition } from '../composition/compose.js';
import type { Part } from '../composition/part.js';
import { requireSameModel } from './fine-tune.js';
import type { StartingWeights } from './starting-weights.js';
import { trainStageOf } from './train.js';

export interface Uses {
  /** Whether this start reads photos that are already there. */
  readonly reads: boolean;
  /** Whether it prepares photos, which may be drawn only then. */
  readonly prepares: boolean;
  /** What its training begins from, unless it had begun before. */
  readonly weights?: StartingWeights;
}

/**
 * Resolves to the events of the parts meanwhile, for the log that is not open yet. Two are left for later: the detector,
 * whose weights may have to be fetched, and which photos with landmarks do not need (it is created with the first photo
 * that does); and the engine, which takes a device (its backend has been created, and has said that it works).
 */
export async function makeEarly(composition: Composition, uses: Uses): Promise<readonly RunEvent[]> {
  const told: RunEvent[] = [];
  const { container, model, stages } = composition;
  const stop = container.resolve(EVENTS).subscribe((event) => told.push(event));
  try {
    for (const part of partsOf(composition, uses)) await part.make();
    checkStages(await Promise.all(stages.map(trainStageOf)), await model.make(), container.resolve(RANDOM));
    await checkBeginning(composition, uses);
    return told;
  } catch (error) {
    throw withPlugin(error);
  } finally {
    stop();
  }
}

function partsOf(composition: Composition, { reads, prepares }: Uses): readonly Pick<Part, 'make'>[] {
  const { reader, aligner, tiers, model, stages, loggers } = composition;
  return [
    ...(reads && reader ? [reader] : []),
    ...(prepares ? [aligner, ...tiers.flatMap(({ augmenters }) => augmenters)] : []),
    model,
    ...stages.flatMap(({ loss, optimiser, criteria }) => [loss, optimiser, ...criteria]),
    ...loggers,
  ];
}

async function checkBeginning(composition: Composition, { prepares, weights }: Uses): Promise<void> {
  if (!weights) return;
  const begun = await weights.read();
  requireSameModel(composition, begun);
  if (prepares) checkAlignment(begun, await composition.aligner.make(), 'the aligner of the config');
}
