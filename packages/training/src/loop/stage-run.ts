/** What a stage uses from its first step to its last. */
import { createChanceWatch, type ChanceWatch } from './chance.js';
import type { Meters } from './meters.js';
import { ReturnPoint } from './return-point.js';
import { classesInStep } from '../step/sampled-head.js';
import { StageDevice } from './stage-device.js';
import type { StageStart } from './hand-over.js';
import type { Stage, Training } from './training.js';

export interface StageRun {
  readonly training: Training;
  readonly stage: Stage;
  readonly device: StageDevice;
  readonly returnPoint: ReturnPoint;
  readonly watchChance: ChanceWatch;
  readonly meters: Meters;
}

export async function openStage(training: Training, start: StageStart, meters: Meters): Promise<StageRun> {
  const { batches, guard, set } = training;
  const stage = training.stages[start.position.stage];
  const returnPoint = await ReturnPoint.open(training, stage, start);
  const device = new StageDevice(training, stage, start);
  const { sampled } = stage.loss;
  const people = set.identities.length;
  const identities = sampled ? classesInStep(sampled.rate, people, batches.size) : people;
  const watchChance = createChanceWatch({ identities, batch: batches.size, after: guard.chanceAfter });
  return { training, stage, device, returnPoint, watchChance, meters };
}
