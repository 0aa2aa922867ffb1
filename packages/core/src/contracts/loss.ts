/** Computes the value that training minimises, from embeddings and labels. */
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { InitialState } from './model.js';
import type { Random } from '../random.js';
import type { HostTensor, HostTensors, State } from '../values/tensors.js';

export interface Loss {
  /**
   * The head's own parameters, e.g. class centres [embeddingSize, identities]. Each axis grows by the same length with every
   * identity, or by none.
   */
  init(identities: number, embeddingSize: number, random: Random): InitialState;
  /** The class centres [embeddingSize, identities] of this head, for the next stage; `statistics` are the head's. */
  centres?(params: HostTensors, statistics?: HostTensors): HostTensor;
  /**
   * This loss's parameters, derived from another head's class centres. If missing, the head is initialised from
   * scratch.
   */
  adopt?(centres: HostTensor): HostTensors;
  /** Trains the head on a sample of its classes in each step. Missing: on all of them. */
  readonly sampled?: SampledHead;
  /** Classes other than a photo's own whose cosine to it exceeds this are left out of its softmax. Missing: none are. */
  readonly filterAbove?: number;
  /**
   * `embeddings` [n, embeddingSize], `labels` [n] int32 in [0, identities). `loss` is the mean over the batch; `logits` [n, identities]
   * are **without** the margin: accuracy is measured on them, the gradient flows through `loss`.
   */
  apply(
    params: State,
    statistics: State,
    embeddings: Tensor2D,
    labels: Tensor1D,
  ): { loss: Scalar; logits: Tensor2D; statistics?: State };
}

/**
 * A head of which each step sees the classes of its batch and a random sample of others (PartialFC, An et al., arXiv 2010.05222). `apply` is then
 * given these classes alone, numbered anew.
 */
export interface SampledHead {
  /** Share of the classes that a step sees, in (0, 1). */
  readonly rate: number;
  /** Parameters and statistics whose last axis counts the classes, once or several times over, e.g. `centres`. */
  readonly perClass: readonly string[];
}
