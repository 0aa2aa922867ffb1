/** A minimal training of the tiny model, with its events and how it ended. */
import {
  createRandom,
  stageConfig,
  type Engine,
  type Loss,
  type Optimiser,
  type PluginContext,
  type RunEvent,
} from '@facewright/core';
import { sgd, train, type TrainOptions, type TrainResult, type TrainStage } from '../src/index.js';
import { recorded } from './recorded.js';
import { linearLoss, tinyDataset, tinyModel } from './tiny.js';

interface OptimiserPlugin {
  readonly meta: { readonly name: string };
  create(context: PluginContext): Optimiser | Promise<Optimiser>;
}

export interface TinyStage {
  readonly name?: string;
  readonly loss?: Loss;
  readonly optimiser?: OptimiserPlugin;
  /** The stage config; needs at least `until`. */
  readonly config: object;
}

/** Defaults: softmax over a matrix, SGD. */
export async function tinyStage({
  name = 'linear',
  loss = linearLoss,
  optimiser = sgd(),
  config,
}: TinyStage): Promise<TrainStage> {
  return {
    name,
    loss,
    optimiserName: optimiser.meta.name,
    optimiser: await optimiser.create({} as PluginContext), // optimisers do not use the context
    config: stageConfig.parse({ loss: name, ...config }),
  };
}

export interface TinyRun extends Partial<Omit<TrainOptions, 'stages'>> {
  readonly engine: Engine;
  readonly directory: string;
  readonly stages: readonly TinyStage[];
  /** The run is interrupted once this step is done. */
  readonly abortAt?: number;
}

export interface TinyOutcome {
  readonly events: RunEvent[];
  readonly result?: TrainResult;
  readonly error?: unknown;
}

/** 5 people × 6 photos × 2 images in batches of 8: 6 or 7 steps per epoch. */
export async function tinyRun({ stages, abortAt, ...options }: TinyRun): Promise<TinyOutcome> {
  const { events, emit, signal } = recorded(abortAt);
  const outcome = await train({
    dataset: tinyDataset(5, 6),
    model: tinyModel,
    modelReference: { name: 'tiny', options: {} },
    alignment: { fingerprint: 'tiny', size: 6 },
    stages: await Promise.all(stages.map(tinyStage)),
    batch: 8,
    flip: true,
    validation: { fraction: 0.1, minimum: 0, everySteps: 5 },
    checkpoint: { everySteps: 4, keep: 2 },
    random: createRandom(7),
    emit,
    signal,
    ...options,
  }).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  return { events, ...outcome };
}
