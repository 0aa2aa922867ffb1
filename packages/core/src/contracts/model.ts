/** Computes embeddings from images. */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../random.js';
import type { HostTensors, State } from '../values/tensors.js';

/** Numbers for red, green and blue, or one for all three. */
export type ByColour = number | readonly [red: number, green: number, blue: number];

/** Pixel value v, from 0 to 255, becomes (v − offset) × scale. */
export interface InputScale {
  readonly offset: ByColour;
  readonly scale: ByColour;
}

/** `colour`: 0 red, 1 green, 2 blue. */
export const ofColour = (value: ByColour, colour: number): number =>
  typeof value === 'number' ? value : value[colour];

export type Mode = 'train' | 'infer';

/** Parameters for the optimiser, and statistics that training only tracks (running means and variances). */
export interface InitialState {
  readonly params: HostTensors;
  readonly statistics: HostTensors;
}

/**
 * A pure function over named state. It stores nothing and modifies nothing, so a step can be captured and a checkpoint
 * is simply the state.
 */
export interface Model {
  /** Height and width of the input in pixels. */
  readonly inputSize: readonly [height: number, width: number];
  readonly embeddingSize: number;
  init(random: Random): InitialState;
  /**
   * `images` [n, height, width, 3], RGB in [−1, 1] by (v − 127.5) / 127.5 unless the model says otherwise in
   * `inputScale`.
   * `embeddings` [n, embeddingSize], not normalised. In `train` mode, updated running statistics come back under the
   * same names; in `infer` mode `statistics` is returned as given.
   */
  apply(params: State, statistics: State, images: Tensor4D, mode: Mode): { embeddings: Tensor2D; statistics: State };
  /** Default: 127.5 and 1/127.5. */
  readonly inputScale?: InputScale;
  /**
   * Parameter groups that an optimiser may treat differently: maps a parameter name to a group name, e.g.
   * `afterGlobal`.
   */
  groupOf?(parameter: string): string | undefined;
}
