/**
 * AdaFace (Kim, Jain and Liu, CVPR 2022, arXiv 2204.00964, eqs. 10–13): the margin depends on the length of the
 * embedding, a proxy for photo quality. With ẑ = clip( (‖x‖ − μ) / (σ/h), −1, 1 ), μ and σ running over the batches,
 *
 *   target = s·( cos(θ_y + g_angle) − g_add ),  g_angle = −m·ẑ,  g_add = m·ẑ + m
 *
 * Good photos (ẑ = 1) emphasise hard samples; poor ones (ẑ = −1) get an ArcFace margin, which plays hard samples down.
 * No gradient flows through ẑ.
 */
import {
  definePlugin,
  hostScalar,
  inject,
  OPTIONS,
  type InitialState,
  type Loss,
  type Random,
  type SampledHead,
  type State,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { centreHead } from './centres.js';
import { meanCrossEntropy } from './cross-entropy.js';
import { filterAbove, filtered, lookAlikes } from './filter.js';
import { constant, cosineLogits, cosSin, lengths, scale, shiftTarget } from './margin.js';
import { sampled, sampleRate } from './sampling.js';
import { VERSION } from './version.js';

/** Initial values of the authors' code: no photo is far from the mean until the statistics have moved. */
const FIRST = { mean: 20, deviation: 100 };
const LEAST_LENGTH = 1e-3;
const LARGEST_LENGTH = 100;
const LEAST_DEVIATION = 1e-3;

const options = z.strictObject({
  s: scale,
  m: z
    .number()
    .min(0)
    .lt(Math.PI / 2)
    .default(0.4)
    .describe('largest margin'),
  h: z.number().positive().default(0.333).describe('margin change per standard deviation of the length'),
  momentum: z
    .number()
    .min(0)
    .lt(1)
    .default(0.99)
    .describe('momentum of the running mean and standard deviation of the lengths'),
  beyond: z
    .enum(['clip', 'plain'])
    .default('clip')
    .describe(
      "where θ + g_angle leaves [0, π]. clip: the angle stops there, as in the authors' code (no gradient through it). plain: cos(θ + g_angle) all the same",
    ),
  filterAbove,
  sampleRate,
});

/**
 * Mean and deviation updated with this batch's lengths [n, 1]. The deviation of a single length is undefined and
 * skipped.
 */
function moved(
  { mean, deviation }: State,
  length: tf.Tensor,
  momentum: number,
): { mean: tf.Tensor; deviation: tf.Tensor } {
  const average = (former: tf.Tensor, value: tf.Tensor): tf.Tensor =>
    tf.add(tf.mul(former, momentum), tf.mul(value, 1 - momentum));
  const count = length.shape[0]!;
  const batchMean = tf.mean(length);
  if (count < 2) return { mean: average(mean, batchMean), deviation: tf.clone(deviation) };
  const variance = tf.div(tf.sum(tf.square(tf.sub(length, batchMean))), count - 1);
  return { mean: average(mean, batchMean), deviation: average(deviation, tf.sqrt(variance)) };
}

/** cos(θ + g) − cos θ for angles `g` [n, 1] of either sign. */
function signedShift(cosines: tf.Tensor, g: tf.Tensor, clip: boolean): tf.Tensor {
  const { cos, sin } = cosSin(cosines);
  const [cosG, sinG] = [tf.cos(g), tf.sin(g)];
  const turned = tf.sub(tf.mul(cos, cosG), tf.mul(sin, sinG));
  if (!clip) return tf.sub(turned, cos);
  // θ + g > π where g > 0 and cos θ < −cos g; θ + g < 0 where g < 0 and cos θ > cos g
  const over = constant([cos, cosG, g], (cos, cosG, g) => tf.logicalAnd(tf.greater(g, 0), tf.less(cos, tf.neg(cosG))));
  const under = constant([cos, cosG, g], (cos, cosG, g) => tf.logicalAnd(tf.less(g, 0), tf.greater(cos, cosG)));
  return tf.sub(tf.where(over, tf.fill(cos.shape, -1), tf.where(under, tf.fill(cos.shape, 1), turned)), cos);
}

class AdaFace implements Loss {
  readonly centres = centreHead.centres;
  readonly adopt = centreHead.adopt;
  readonly filterAbove?: number;
  readonly sampled?: SampledHead;

  constructor(@inject(OPTIONS) private readonly settings: z.output<typeof options>) {
    Object.assign(this, filtered(settings.filterAbove), sampled(settings.sampleRate, 'centres'));
  }

  init(identities: number, embeddingSize: number, random: Random): InitialState {
    return {
      ...centreHead.init(identities, embeddingSize, random),
      statistics: { mean: hostScalar(FIRST.mean), deviation: hostScalar(FIRST.deviation) },
    };
  }

  apply(params: State, statistics: State, embeddings: tf.Tensor2D, labels: tf.Tensor1D): ReturnType<Loss['apply']> {
    const { s, m, h, momentum, beyond, filterAbove } = this.settings;
    const length = constant([embeddings], (x) =>
      tf.clipByValue(lengths(x as tf.Tensor2D), LEAST_LENGTH, LARGEST_LENGTH),
    );
    const next = moved(statistics, length, momentum);
    const quality = tf.clipByValue(
      tf.mul(tf.div(tf.sub(length, next.mean), tf.add(next.deviation, LEAST_DEVIATION)), h),
      -1,
      1,
    );
    const logits = cosineLogits(embeddings, params.centres as tf.Tensor2D, s);
    const withMargin = shiftTarget(logits, labels, s, (cosines) =>
      tf.sub(signedShift(cosines, tf.mul(quality, -m), beyond === 'clip'), tf.add(tf.mul(quality, m), m)),
    );
    return {
      loss: meanCrossEntropy(withMargin, labels, 0, lookAlikes(logits, labels, s, filterAbove)),
      logits,
      statistics: next,
    };
  }
}

/**
 * The `adaface` loss plugin. Parameter: `centres` [embeddingSize, identities]. Statistics: `mean` and `deviation` of
 * the lengths, scalars.
 */
export const adaFace = definePlugin({
  meta: {
    name: 'adaface',
    kind: 'loss',
    version: VERSION,
    apiVersion: 1,
    description: 'margin that adapts to photo quality, measured by the length of the embedding',
  },
  options,
  useClass: AdaFace,
});

declare module '@facewright/core' {
  interface LossPlugins {
    adaface: typeof adaFace;
  }
}
