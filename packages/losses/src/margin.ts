/**
 * Arithmetic shared by the margin losses: cosines of unit vectors, a margin on the target's cosine only, and the
 * addition of angles without an arccosine, whose gradient is off by 1e-4 on some devices:
 *
 *   cos(θ + m) = cos θ·cos m − sin θ·sin m,  sin θ = √(1 − cos² θ)
 */
import { addToTarget, targetEntry } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

/**
 * Rounding gives cosines of unit vectors up to 1.0000004, and at ±1 the gradient of √(1 − cos²) is infinite. The
 * target's cosine is clamped this far inside, so sin θ is at least 4.9e-4 and its gradient at most 2,050. A sample this
 * close to its centre (0.03 degrees) passes on only the gradient of s·cos θ, which vanishes with θ.
 */
const INSIDE = 1.2e-7;

/** Minimum squared length to divide by: a zero embedding stays zero instead of becoming NaN. */
const LEAST_SQUARE = 1e-12;

/** The option `s` of every loss on the sphere. */
export const scale = z.number().positive().default(64).describe('scale of the logits: the radius of the hypersphere');

/** The option `beyond`: what happens to the target where cos(θ + m) would increase again. */
export const beyondRule = z
  .enum(['plain', 'easy', 'fallback', 'continued'])
  .describe(
    "the target's cosine where θ + m passes π and cos(θ + m) would rise again. plain: cos(θ + m) all the same, as in arcface_torch. " +
      'fallback: cos θ − m·sin m there, as in older code (jumps at θ = π − m). easy: apply the margin only where cos θ > 0. ' +
      'continued: cos θ − 1 + cos m, which is continuous',
  );
export type BeyondRule = z.infer<typeof beyondRule>;

/** One margin for all, or one per sample [n, 1]. */
export type Angle = number | tf.Tensor;

/** Normalises every row (axis 1) or column (axis 0). */
export function unit(x: tf.Tensor2D, axis: 0 | 1): tf.Tensor2D {
  return tf.mul(x, tf.rsqrt(tf.maximum(tf.sum(tf.square(x), axis, true), LEAST_SQUARE)));
}

/** Lengths of the rows, [n, 1], with a finite gradient at zero. */
export const lengths = (x: tf.Tensor2D): tf.Tensor2D =>
  tf.sqrt(tf.maximum(tf.sum(tf.square(x), 1, true), LEAST_SQUARE));

/** `s`·cos θ between every sample [n, size] and every class [size, identities]. */
export const cosineLogits = (embeddings: tf.Tensor2D, centres: tf.Tensor2D, s: number): tf.Tensor2D =>
  tf.mul(tf.matMul(unit(embeddings, 1), unit(centres, 0)), s);

/** `logits` = s·cos θ, with `shift(cos θ_y)` [n, 1] added to the target's cosine. */
export function shiftTarget(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  s: number,
  shift: (cosines: tf.Tensor2D) => tf.Tensor,
): tf.Tensor2D {
  return addToTarget(logits, labels, tf.mul(shift(tf.div(targetEntry(logits, labels), s)), s));
}

/** `cosines` clamped inside (−1, 1), and the sines of their angles. */
export function cosSin(cosines: tf.Tensor): { cos: tf.Tensor; sin: tf.Tensor } {
  const cos = tf.clipByValue(cosines, -1 + INSIDE, 1 - INSIDE);
  return { cos, sin: tf.sqrt(tf.sub(1, tf.square(cos))) };
}

/** The change of `cosines` [n, 1] when `m` is added to the angle: cos(θ + m) − cos θ, by the rule for θ + m > π. */
export function angularShift(cosines: tf.Tensor, m: Angle, beyond: BeyondRule): tf.Tensor {
  const { cos, sin } = cosSin(cosines);
  const [cosM, sinM] = typeof m === 'number' ? [Math.cos(m), Math.sin(m)] : [tf.cos(m), tf.sin(m)];
  const shift = tf.sub(tf.mul(cos, typeof cosM === 'number' ? cosM - 1 : tf.sub(cosM, 1)), tf.mul(sin, sinM));
  if (beyond === 'plain') return shift;
  return tf.where(tf.greaterEqual(cos, threshold()), shift, filledLike(shift, shiftBeyond()));

  function threshold(): Angle {
    if (beyond === 'easy') return 0;
    return typeof cosM === 'number' ? -cosM : tf.neg(cosM);
  }
  function shiftBeyond(): Angle {
    if (beyond === 'easy') return 0;
    if (beyond === 'fallback') return typeof m === 'number' ? -m * Math.sin(m) : tf.neg(tf.mul(m, sinM));
    return typeof cosM === 'number' ? cosM - 1 : tf.sub(cosM, 1);
  }
}

const filledLike = (like: tf.Tensor, value: Angle): tf.Tensor =>
  typeof value === 'number' ? tf.fill(like.shape, value) : value;

/**
 * `compute(inputs)` as a constant: no gradient flows through it, so it may use ops without gradients, such as
 * comparisons.
 */
export function constant<T extends tf.Tensor>(inputs: readonly tf.Tensor[], compute: (...values: tf.Tensor[]) => T): T {
  const shapes = inputs.map(({ shape }) => shape);
  const op = tf.customGrad((...args) => ({
    value: compute(...(args.slice(0, inputs.length) as tf.Tensor[])),
    gradFunc: () => shapes.map((shape) => tf.zeros(shape)),
  }));
  return op(...inputs) as T;
}
