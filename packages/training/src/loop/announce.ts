/** Emits the events of a training. */
import { stripPrefix, type HostTensors } from '@facewright/core';
import type { Position } from '../checkpoint/checkpoints.js';
import { firstRecord, leastSteps, recentLoss, remarks, type Ending, type StageRecord } from '../criteria/record.js';
import type { Validation } from '../evaluation/validate.js';
import { listed, whatFailed, type BadStep } from './bad-step.js';
import { CHANCE_TODO } from './chance.js';
import type { Meters } from './meters.js';
import type { Outcome } from './outcome.js';
import { classesInStep } from '../step/sampled-head.js';
import type { StageRun } from './stage-run.js';
import type { StageStart } from './hand-over.js';
import { nextRate, type Stage, type Training } from './training.js';

export function announceTraining({ set, emit }: Training, { position, state, head }: StageStart): void {
  emit('train.started', {
    identities: set.identities.length,
    images: set.training.length,
    validation: set.validation.length,
    parameters: countNumbers(stripPrefix('model/params', state)),
    resumedAt: head ? undefined : position.step,
  });
}

export function announceStage({ training, stage }: StageRun, { position, head }: StageStart): void {
  const { emit } = training;
  const adopted = head && head.carried + head.means > 0 ? 'adopted' : 'fresh';
  emit('stage.started', {
    stage: stage.index,
    loss: stage.name,
    optimiser: stage.optimiserName,
    step: position.step,
    head: head ? adopted : 'resumed',
  });
  const { sampled } = stage.loss;
  const people = training.set.identities.length;
  if (sampled)
    training.emit('notice', {
      level: 'info',
      message: `Each step of ${stage.name} sees ${classesInStep(sampled.rate, people, training.batches.size)} of ${people} people. Accuracy is measured among these.`,
    });
  if (head?.means)
    emit('notice', {
      level: 'info',
      message: `Class centres: ${head.carried} carried over, ${head.means} set to the mean embedding of the person's photos.`,
    });
  if (head?.carried && head.drawn)
    emit('notice', {
      level: 'info',
      message: `Class centres: ${head.carried} carried over, ${head.drawn} initialised at random.`,
    });
}

/** `step` counts from 1; `rate` is the learning rate it used. */
export function announceStep(run: StageRun, step: number, rate: number, outcome: Outcome): void {
  const { training, stage, meters, watchChance } = run;
  const { loss, accuracy, gradientNorm, lossScale, skipped } = outcome;
  const { clipNorm } = stage.config;
  training.emit('train.step', {
    stage: stage.index,
    step,
    epoch: Math.floor((step - 1) / training.batches.perEpoch),
    loss,
    accuracy,
    rate,
    imagesPerSecond: meters.throughput.recent(),
    ...(!skipped && { gradientNorm, ...(clipNorm !== undefined && { clipped: gradientNorm > clipNorm }) }),
    ...(lossScale !== undefined && { lossScale: { scale: lossScale, skipped } }),
    time: meters.clock.step(),
  });
  const atChance = watchChance(loss, accuracy);
  if (atChance) training.emit('notice', { level: 'warning', message: atChance, todo: CHANCE_TODO });
}

export function announceValidation({ training, stage }: StageRun, step: number, validation: Validation): void {
  training.emit('train.validation', { stage: stage.index, step, ...validation });
}

/** Emits the progress from `former` to `now`, and the criteria's remarks on it. */
export function announceProgress(run: StageRun, former: Position, now: Position, { loss }: Outcome): void {
  const { training, stage, meters } = run;
  training.emit('progress', {
    task: 'train',
    done: now.step * training.batches.size,
    ...imagesInAll(training, now),
    unit: 'images',
    perSecond: meters.throughput.steady(),
    text: `${stage.name}, loss ${loss.toFixed(3)}`,
  });
  for (const message of remarks(now.record, former.record, stage.criteria))
    training.emit('notice', { level: 'info', message });
}

/**
 * Total images of the training: the maximum, with `least` if a stage may end earlier; undefined if a stage has no
 * limit.
 */
function imagesInAll(
  { stages, batches }: Training,
  { step, stage, record }: Position,
): { total?: number; least?: number } {
  const [now, ...later] = stages.slice(stage);
  const most = (now.limit ?? NaN) - record.steps + later.reduce((sum, { limit }) => sum + (limit ?? NaN), 0);
  if (Number.isNaN(most)) return {};
  const least = (of: StageRecord, { criteria, config: { warmUp } }: Stage): number =>
    leastSteps(of, criteria, { stepsPerEpoch: batches.perEpoch, warmUp });
  const fewest = later.reduce((sum, each) => sum + least(firstRecord(each.criteria), each), least(record, now));
  return {
    total: (step + most) * batches.size,
    ...(fewest < most && { least: (step + fewest) * batches.size }),
  };
}

/** `back` is the position from which training continues. */
export function announceSetback({ training, stage }: StageRun, bad: BadStep, back: Position): void {
  const { emit, guard } = training;
  const { setbacks } = back.record;
  emit('train.setback', {
    stage: stage.index,
    step: bad.step,
    backTo: back.step,
    rateFactor: guard.rateFactor ** setbacks,
    tensor: bad.tensor,
    images: bad.images,
  });
  emit('notice', {
    level: 'warning',
    message: `${whatFailed(bad)} First bad tensor: ${bad.tensor}. Images: ${listed(bad.images)}. Going back to step ${back.step} at learning rate ${nextRate(training, stage, back.record)} (${setbacks} of ${guard.retries}).`,
  });
}

/** `lost` says which device was lost and why. */
export function announceRecovery({ training }: StageRun, lost: string, back: Position): void {
  training.emit('notice', { level: 'warning', message: `${lost} It is back; continuing from step ${back.step}.` });
}

export function announceStageEnd({ training, stage }: StageRun, { record }: Position, end: Ending): void {
  training.emit('stage.finished', {
    stage: stage.index,
    loss: stage.name,
    steps: record.steps,
    finalLoss: recentLoss(record),
    endedBecause: end.because,
    evidence: end.evidence,
  });
}

export function announceEnd({ emit }: Training, steps: number, directory: string, { throughput }: Meters): void {
  emit('train.finished', {
    steps,
    seconds: throughput.seconds(),
    imagesPerSecond: throughput.overall(),
    directory,
  });
}

const countNumbers = (tensors: HostTensors): number =>
  Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
