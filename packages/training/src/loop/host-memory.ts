/** The host memory that a training takes beside its compiled step. */
import type { HostTensor, Loss, Model } from '@facewright/core';
import { CACHE_BYTES } from '../data/images.js';

type Specs = Readonly<Record<string, Pick<HostTensor, 'shape'>>>;

/**
 * Copies of all of a training's tensors: the state that training returns to, and the one that is read for a checkpoint, whose
 * file is written from it.
 */
const COPIES = 2;

export interface HostMemoryOptions {
  /** All of a training's tensors. */
  readonly state: Specs;
  readonly loss: Pick<Loss, 'sampled'>;
  readonly model: Pick<Model, 'inputSize'>;
  /** Images in the dataset that are used. */
  readonly images: number;
}

/** In bytes: copies of the tensors, all numbers of a head on a sample of its classes, and decoded images that are kept. */
export function hostMemory({ state, loss: { sampled }, model: { inputSize }, images }: HostMemoryOptions): number {
  const all = Object.entries(state);
  const isColumn = ([name]: (typeof all)[number]): boolean =>
    sampled?.perClass.some((entry) => name.endsWith(`head/params/${entry}`) || name === `head/statistics/${entry}`) ??
    false;
  const imageBytes = images * inputSize[0] * inputSize[1] * 3;
  return COPIES * bytesOf(all) + bytesOf(all.filter(isColumn)) + (imageBytes <= CACHE_BYTES ? imageBytes : 0);
}

const bytesOf = (tensors: readonly (readonly [string, Pick<HostTensor, 'shape'>])[]): number =>
  tensors.reduce((sum, [, { shape }]) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
