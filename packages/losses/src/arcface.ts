/**
 * ArcFace, the additive angular margin (Deng et al., arXiv 1801.07698, eq. 3): with θ_j the angle between an embedding and the centre of
 * class j,
 *
 *   L = −log( e^{s·cos(θ_y + m)} / ( e^{s·cos(θ_y + m)} + Σ_{j≠y} e^{s·cos θ_j} ) )
 *
 * computed from logits. cos(θ + m) = cos θ·cos m − sin θ·sin m needs no arccosine, and only the target's cosine takes part in it.
 */
import { definePlugin, hostTensor, softmaxCrossEntropy, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { unitColumns } from './centres.js';

const arcFaceOptions = z.strictObject({
  s: z.number().positive().default(64).describe('scale of the logits: the radius of the hypersphere'),
  m: z.number().min(0).lt(Math.PI).default(0.5).describe('margin, an angle in radians'),
  beyond: z
    .enum(['plain', 'easy', 'fallback'])
    .default('plain')
    .describe(
      'the target\'s cosine where θ + m passes π and cos(θ + m) would rise again. plain: cos(θ + m) all the same, as in arcface_torch. ' +
        'fallback: cos θ − m·sin m there, as in older code (with a jump at θ = π − m). easy: the margin only where cos θ > 0',
    ),
});
type ArcFaceOptions = z.infer<typeof arcFaceOptions>;

/** Deviation of the first centres, as in arcface_torch. */
const FIRST_DEVIATION = 0.01;

/**
 * Rounding gives cosines of unit vectors up to 1.0000004, and at ±1 itself the slope of √(1 − cos²) is infinite. The target's cosine is
 * kept this far inside: sin θ is then at least 4.9e-4, its slope at most 2,050. A sample so near to its centre (0.03 degrees) passes on the
 * gradient of s·cos θ alone, which goes to 0 with θ.
 */
const INSIDE = 1.2e-7;

/** Least squared length that a vector is divided by: an embedding of zeros stays zero instead of becoming NaN. */
const LEAST_SQUARE = 1e-12;

/** Every row (axis 1) or column (axis 0) at length 1. */
function unit(x: tf.Tensor2D, axis: 0 | 1): tf.Tensor2D {
  return tf.mul(x, tf.rsqrt(tf.maximum(tf.sum(tf.square(x), axis, true), LEAST_SQUARE)));
}

/** What the margin adds to the target's cosine: cos(θ + m) − cos θ for `cosines` of any shape, by the rule for θ + m > π. */
function marginShift(cosines: tf.Tensor, { m, beyond }: ArcFaceOptions): tf.Tensor {
  const cos = tf.clipByValue(cosines, -1 + INSIDE, 1 - INSIDE);
  const sin = tf.sqrt(tf.sub(1, tf.square(cos)));
  const shift = tf.sub(tf.mul(cos, Math.cos(m) - 1), tf.mul(sin, Math.sin(m)));
  if (beyond === 'plain') return shift;
  const [threshold, otherwise] = beyond === 'easy' ? [0, 0] : [Math.cos(Math.PI - m), -m * Math.sin(m)];
  return tf.where(tf.greaterEqual(cos, threshold), shift, tf.fill(shift.shape, otherwise));
}

/** The loss plugin `arcface`. Parameter: `centres` [embeddingSize, identities], N(0, 0.01) at the start; only their directions count. */
export const arcFace = definePlugin({
  meta: { name: 'arcface', kind: 'loss', version: '0.1.0', apiVersion: 1, description: 'additive angular margin' },
  options: arcFaceOptions,
  create: (options): Loss => ({
    init(identities, embeddingSize, random) {
      const draw = random.fork('centres');
      const data = Float32Array.from({ length: embeddingSize * identities }, () => FIRST_DEVIATION * draw.normal());
      return { params: { centres: hostTensor([embeddingSize, identities], data) }, statistics: {} };
    },
    centres: ({ centres }) => unitColumns(centres),
    adopt: (centres) => ({ centres: unitColumns(centres) }),
    apply(params, _, embeddings, labels) {
      const logits = tf.mul<tf.Tensor2D>(tf.matMul(unit(embeddings, 1), unit(params.centres as tf.Tensor2D, 0)), options.s);
      const target = tf.oneHot(labels, logits.shape[1], 1, 0, 'float32');
      const cosines = tf.div(tf.sum(tf.mul(logits, target), 1, true), options.s);
      const withMargin = tf.add<tf.Tensor2D>(logits, tf.mul(target, tf.mul(marginShift(cosines, options), options.s)));
      return { loss: tf.mean(softmaxCrossEntropy(withMargin, labels)), logits };
    },
  }),
});
