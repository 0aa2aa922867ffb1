/** Computes embeddings from images. */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../random.js';
import type { HostTensors, State } from '../values/tensors.js';

export type Mode = 'train' | 'infer';

/** What an optimiser learns, and what training only keeps track of (running means and variances). */
export interface InitialState {
  readonly params: HostTensors;
  readonly statistics: HostTensors;
}

/** A pure function over named state: nothing is held, nothing is changed in place, so a step can be captured and a checkpoint is the state. */
export interface Model {
  /** Height and width of the input in pixels. */
  readonly inputSize: readonly [height: number, width: number];
  readonly embeddingSize: number;
  init(random: Random): InitialState;
  /**
   * `images` [n, height, width, 3], RGB in [−1, 1] by (v − 127.5) / 127.5 unless the model says otherwise in `inputScale`.
   * `embeddings` [n, embeddingSize], not normalised. In `train` mode the new running statistics come back under the same names;
   * in `infer` mode `statistics` is returned as given.
   */
  apply(params: State, statistics: State, images: Tensor4D, mode: Mode): { embeddings: Tensor2D; statistics: State };
  /** Pixel value v becomes (v − offset) × scale; default 127.5 and 1/127.5. */
  readonly inputScale?: { readonly offset: number; readonly scale: number };
  /** Groups of parameters that an optimiser may treat apart: the group's name for a parameter's name, e.g. `afterGlobal`. */
  groupOf?(parameter: string): string | undefined;
}
