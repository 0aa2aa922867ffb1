/** Options and result of a training. */
import type {
  Cluster,
  Dataset,
  Emit,
  Engine,
  InitialState,
  Loss,
  Model,
  Optimiser,
  Random,
  RunConfig,
  StageConfig,
} from '@facewright/core';
import type { NamedCriterion } from '../criteria/record.js';
import type { KnownCentres } from './head-init.js';

export interface TrainStage {
  /** Name of the loss. */
  readonly name: string;
  readonly loss: Loss;
  readonly optimiserName: string;
  readonly optimiser: Optimiser;
  readonly config: StageConfig;
  /** The criteria of `until.any`. */
  readonly criteria?: readonly NamedCriterion[];
}

/** Trained weights to start from, and the class centres of their head. */
export interface InitialWeights {
  readonly weights: InitialState;
  readonly known?: KnownCentres;
  /** Their origin, for errors. */
  readonly where: string;
}

export interface TrainOptions {
  readonly dataset: Dataset;
  /** Identities kept out of training. */
  readonly exclude?: readonly string[];
  readonly model: Model;
  readonly modelReference: { readonly name: string; readonly options: unknown };
  readonly alignment: { readonly fingerprint: string; readonly size: number; readonly detector?: string };
  readonly stages: readonly TrainStage[];
  readonly engine: Engine;
  /**
   * Processes that share the training. Each computes its part of every batch; rank 0 alone writes files, and emits the
   * events that count. Default: this one by itself.
   */
  readonly cluster?: Cluster;
  /** Images per step. */
  readonly batch: number;
  /**
   * Images per part if a step processes its batch in parts to save memory. Must divide `batch`. See `compileTraining`.
   */
  readonly microBatch?: number;
  /** Images read and decoded concurrently. Does not affect the result. */
  readonly workers?: number;
  /** Default: `random`. */
  readonly order?: RunConfig['order'];
  /** Mirror half of the images. */
  readonly flip: boolean;
  readonly validation: RunConfig['validation'];
  readonly checkpoint: Omit<RunConfig['checkpoint'], 'best'> & { readonly best?: boolean };
  /** If missing, the first loss that is NaN or infinite ends the training. */
  readonly guard?: RunConfig['guard'];
  /** Receives `checkpoints/` and `model/`. */
  readonly directory: string;
  /** Loads trained weights to start from. Called only if there is no checkpoint to resume. */
  readonly from?: () => Promise<InitialWeights>;
  readonly licences?: RunConfig['licences'];
  readonly random: Random;
  readonly emit: Emit;
  /** When aborted, the current step finishes, a checkpoint is written, and `Interrupted` is thrown. */
  readonly signal?: AbortSignal;
  /** Resume from the newest intact checkpoint. On a deterministic engine this yields the same weights, byte for byte, as an uninterrupted run. */
  readonly resume?: boolean;
}

export interface TrainResult {
  readonly modelDirectory: string;
  readonly steps: number;
  /** Of this run, averaged from its first step to its last. */
  readonly imagesPerSecond: number;
}
