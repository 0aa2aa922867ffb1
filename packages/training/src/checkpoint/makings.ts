/** What decides every number of a training, as digests: a checkpoint goes on only with the same, so that resuming is exact. */
import type { Dataset, Random, RunConfig, StageConfig } from '@facewright/core';
import type { Makings } from './checkpoints.js';
import { digestOf, digestOfList } from './digest.js';
import type { TrainingSet } from '../data/training-set.js';

export interface MakingsOptions {
  readonly dataset: Dataset;
  readonly modelReference: { readonly name: string; readonly options: unknown };
  readonly alignment: { readonly fingerprint: string; readonly size: number };
  readonly stages: readonly { readonly name: string; readonly optimiserName: string; readonly config: StageConfig }[];
  readonly batch: number;
  readonly microBatch?: number;
  readonly flip: boolean;
  readonly validation: RunConfig['validation'];
  readonly guard: RunConfig['guard'];
  readonly random: Random;
}

export function makingsOf(
  { dataset, modelReference, alignment, stages, batch, microBatch, flip, validation, guard, random }: MakingsOptions,
  set: TrainingSet,
): Makings {
  return {
    model: digestOf(modelReference),
    alignment: digestOf(alignment),
    stages: digestOf(stages.map(({ name, optimiserName, config }) => ({ name, optimiserName, config }))),
    // parts that are no smaller than the batch change nothing
    batch: digestOf({ batch, flip, ...(microBatch !== undefined && microBatch < batch && { microBatch }) }),
    // every validation photo is one that is not trained on; how often they are looked at changes nothing
    validation: digestOf({ fraction: validation.fraction, minimum: validation.minimum }),
    // when nothing is learnt is only told
    guard: digestOf({ retries: guard.retries, rateFactor: guard.rateFactor }),
    dataset: digestOfList(samplesOf(dataset)),
    people: digestOfList(set.identities),
    // a stream's draws tell its seed apart; forking draws nothing from it
    seed: digestOf([random.fork('makings').uniform(), random.fork('makings', 1).uniform()]),
  };
}

function* samplesOf({ samples }: Dataset): Generator<unknown> {
  for (const { identity, source, kind } of samples) yield [identity, source, kind];
}
