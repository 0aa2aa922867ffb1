/** What a training is given, and what it gives back. */
import type {
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
  /** The loss's name. */
  readonly name: string;
  readonly loss: Loss;
  readonly optimiserName: string;
  readonly optimiser: Optimiser;
  readonly config: StageConfig;
  /** Those of `until.any`. */
  readonly criteria?: readonly NamedCriterion[];
}

/** Trained weights that a training starts from, and the class centres of their head. */
export interface InitialWeights {
  readonly weights: InitialState;
  readonly known?: KnownCentres;
  /** Where they come from, for errors. */
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
  /** Images per step. */
  readonly batch: number;
  /** Images per part when a step processes its batch in parts, to save memory; divides `batch`. See `compileTraining`. */
  readonly microBatch?: number;
  /** Images read and decoded at the same time. Does not affect the result. */
  readonly workers?: number;
  /** Mirror half of the images. */
  readonly flip: boolean;
  readonly validation: RunConfig['validation'];
  readonly checkpoint: Omit<RunConfig['checkpoint'], 'best'> & { readonly best?: boolean };
  /** Without it, the first loss that is NaN or infinite ends the training. */
  readonly guard?: RunConfig['guard'];
  /** `checkpoints/` and `model/` are written here. */
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
  /** Of this run, averaged over everything from its first step to its last. */
  readonly imagesPerSecond: number;
}
