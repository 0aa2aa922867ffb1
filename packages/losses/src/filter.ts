/**
 * The option that leaves look-alike negatives out of the softmax, against wrong labels (PartialFC, An et al., arXiv
 * 2010.05222 and 2203.15565; `interclass_filtering_threshold` in arcface_torch): a class that is not the photo's own but
 * whose centre is this near is often the same person under another label, and pushing the photo away from it does harm.
 *
 * Where arcface_torch sets the logits of such classes to 0, which counts them as unrelated people, here they are left
 * out: exp(z) is 0 for them, and so is the gradient.
 */
import { addToTarget, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { constant } from './margin.js';

/** Cosines are at most 1, and at 1 nothing is left out, whatever the rounding. */
const NONE = 1;

/** Below any logit, and far from the limits of 16-bit numbers. */
const OUT = -1e4;

export const filterAbove = z
  .number()
  .positive()
  .max(NONE)
  .default(NONE)
  .describe(
    "leaves other people out of a photo's softmax whose centres have a cosine above this to the photo, e.g. 0.4: with wrong labels they are often the " +
      'same person (PartialFC, arXiv 2010.05222). 1: nobody is left out',
  );

/** What the loss declares of the option. */
export const filtered = (above: number): Pick<Loss, 'filterAbove'> => (above < NONE ? { filterAbove: above } : {});

/** Which classes of each photo take part, and what to add to the logits of those that do not. Constants [n, identities]. */
export interface LeftOut {
  /** 0, or a number that makes exp(z) vanish. */
  readonly shift: tf.Tensor2D;
  /** 1 for a class that takes part, 0 for one that is left out. */
  readonly takesPart: tf.Tensor2D;
}

/** The look-alikes among `logits` = s·cos θ [n, identities]; undefined if nobody is left out. A photo's own class always takes part. */
export function lookAlikes(logits: tf.Tensor2D, labels: tf.Tensor1D, s: number, above: number): LeftOut | undefined {
  if (above >= NONE) return undefined;
  const alike = constant([logits], (z) => {
    const others = addToTarget(z as tf.Tensor2D, labels, tf.fill([labels.shape[0], 1], -4 * s)); // cosines lie within ±1
    return tf.cast<tf.Tensor2D>(tf.greater(others, above * s), 'float32');
  });
  return { shift: tf.mul(alike, OUT), takesPart: tf.sub(1, alike) };
}
