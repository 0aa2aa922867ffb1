/** Everything that stays the same throughout a training. */
import { guardRule, singleCluster, type Cluster, type RunConfig } from '@facewright/core';
import { join } from '@facewright/platform';
import { Checkpoints } from '../checkpoint/checkpoints.js';
import { fingerprintOf, type Fingerprint } from '../checkpoint/fingerprint.js';
import { criteriaOf, stepLimit, type NamedCriterion, type StageRecord } from '../criteria/record.js';
import { ownPlaces } from '../cluster/share.js';
import { createBatches, type Batches } from '../data/batches.js';
import { createImageStore, type ImageStore } from '../data/images.js';
import { drawTrainingSet, type TrainingSet } from '../data/training-set.js';
import { batchParts } from '../step/micro-batches.js';
import type { TrainOptions, TrainStage } from './options.js';
import { rateAt } from './schedule.js';
import { requireEnds, requireNoValidation } from './stage-checks.js';

export interface Stage extends TrainStage {
  readonly index: number;
  /** Built-in criteria of `until`, and those of plugins. */
  readonly criteria: readonly NamedCriterion[];
  /** Maximum number of steps, if its criteria tell. */
  readonly limit?: number;
}

export interface Training extends Omit<TrainOptions, 'stages' | 'guard'> {
  readonly cluster: Cluster;
  readonly stages: readonly Stage[];
  readonly guard: RunConfig['guard'];
  readonly set: TrainingSet;
  readonly store: ImageStore;
  readonly batches: Batches;
  /** Number of micro-batches per step. */
  readonly parts: number;
  /** What a checkpoint must match to be resumed. */
  readonly fingerprint: Fingerprint;
  readonly checkpoints: Checkpoints;
}

/**
 * Selects the people and images to train on. Throws a `FacewrightError` if the stages or the dataset cannot be used for
 * training.
 */
export function openTraining(options: TrainOptions): Training {
  const { dataset, engine, model, random, flip, order, workers, emit, cluster = singleCluster() } = options;
  const guard = options.guard ?? { ...guardRule.parse({}), retries: 0 };
  const stages = options.stages.map((stage, index) => ({
    ...stage,
    index,
    criteria: criteriaOf(stage.config.until, stage.criteria),
  }));
  requireEnds(stages);
  const set = drawTrainingSet(dataset, options.exclude ?? [], options.validation, random);
  if (set.validation.length === 0) requireNoValidation(stages);

  const store = createImageStore(dataset, model, { count: set.training.length + set.validation.length, workers });
  const { size, parts } = batchParts(options.batch, options.microBatch, set.training.length, cluster.size);
  const own = cluster.size > 1 ? ownPlaces({ size, parts }, cluster) : undefined;
  const fileOf = dataset.fileOf && ((index: number) => dataset.fileOf!(index));
  const { bytes } = engine;
  const batches = createBatches({
    samples: set.training,
    store,
    model,
    size,
    flip,
    random,
    order,
    fileOf,
    bytes,
    own,
  });
  if (size < options.batch) {
    emit('notice', {
      level: 'info',
      message: `There are only ${set.training.length} images to train on, so each step uses ${size} instead of ${options.batch}.`,
    });
  }
  const fingerprint = fingerprintOf({ ...options, guard }, set);
  return {
    ...options,
    cluster,
    guard,
    stages: stages.map((stage) => ({ ...stage, limit: stepLimit(stage.criteria, batches.perEpoch) })),
    set,
    store,
    batches,
    parts,
    fingerprint,
    checkpoints: new Checkpoints(join(options.directory, 'checkpoints'), options.checkpoint.keep, fingerprint, emit),
  };
}

/** The learning rate of a stage's next step, reduced by each setback. */
export const nextRate = (
  { guard }: Training,
  { config, limit }: Stage,
  { steps, setbacks }: Pick<StageRecord, 'steps' | 'setbacks'>,
): number => rateAt(config, steps, limit) * guard.rateFactor ** setbacks;
