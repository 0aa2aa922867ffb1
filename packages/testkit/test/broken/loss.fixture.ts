/** Losses that are wrong in one way each. */
import {
  createRandom,
  definePlugin,
  softmaxCrossEntropy,
  type HostTensor,
  type HostTensors,
  type Loss,
} from '@facewright/core';
import { testLoss } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { engine, meta, normal, options } from './shared.js';

const loss = (name: string, apply: Loss['apply'], changes: Partial<Loss> = {}) =>
  testLoss(
    definePlugin({
      meta: meta('loss', name),
      options,
      create: () => ({
        init: (identities, embeddingSize, random) => ({
          params: { kernel: normal([embeddingSize, identities], random) },
          statistics: {},
        }),
        centres: ({ kernel }: HostTensors) => kernel,
        adopt: (kernel) => ({ kernel }),
        apply,
        ...changes,
      }),
    })(),
    { engine },
  );
const logitsOf = (embeddings: tf.Tensor2D, kernel: tf.Tensor): tf.Tensor2D =>
  tf.matMul(embeddings, kernel as tf.Tensor2D) as tf.Tensor2D;
const meanLoss = (logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar =>
  tf.mean(softmaxCrossEntropy(logits, labels)) as tf.Scalar;

loss('margin-in-logits', ({ kernel }, _, embeddings, labels) => {
  const logits = logitsOf(embeddings, kernel);
  const withMargin = tf.sub(logits, tf.mul(tf.oneHot(labels, logits.shape[1], 1, 0, 'float32'), 0.5)) as tf.Tensor2D;
  return { loss: meanLoss(withMargin, labels), logits: withMargin };
});
loss('wrong-gradient', ({ kernel }, _, embeddings, labels) => {
  const doubled = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, 2),
  }));
  const logits = logitsOf(doubled(embeddings) as tf.Tensor2D, kernel);
  return { loss: meanLoss(logits, labels), logits };
});
loss('unguarded-norm', ({ kernel }, _, embeddings, labels) => {
  const length = tf.sqrt(tf.sum(tf.square(embeddings), 1, true));
  const logits = logitsOf(tf.div(embeddings, length) as tf.Tensor2D, kernel);
  return { loss: meanLoss(logits, labels), logits };
});
loss('summed', ({ kernel }, _, embeddings, labels) => {
  const logits = logitsOf(embeddings, kernel);
  return { loss: tf.sum(softmaxCrossEntropy(logits, labels)) as tf.Scalar, logits };
});

const plain: Loss['apply'] = ({ kernel }, _, embeddings, labels) => {
  const logits = logitsOf(embeddings, kernel);
  return { loss: meanLoss(logits, labels), logits };
};
/** The same value, with a gradient that many times as steep. */
const steeper = (x: tf.Tensor, times: number): tf.Tensor =>
  tf.customGrad((given) => ({
    value: tf.clone(given as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, times),
  }))(x);

loss(
  'logits-of-all-classes',
  ({ kernel }, _, embeddings, labels) => {
    const raw = logitsOf(embeddings, kernel);
    const logits = tf.sub(raw, tf.mean(raw, 1, true)) as tf.Tensor2D;
    return { loss: meanLoss(logits, labels), logits };
  },
  { sampled: { rate: 0.5, perClass: ['kernel'] } },
);
loss('filters-nothing', plain, { filterAbove: 0.5 });
loss('draws-its-own-numbers', plain, {
  init: (identities, embeddingSize) => ({
    params: { kernel: normal([embeddingSize, identities], createRandom(Math.random())) },
    statistics: {},
  }),
});
loss('one-logit-short', (params, statistics, embeddings, labels) => {
  const { loss, logits } = plain(params, statistics, embeddings, labels);
  return { loss, logits: tf.slice(logits, [0, 0], [-1, logits.shape[1] - 1]) as tf.Tensor2D };
});
let calls = 0;
loss('another-answer-each-time', (params, statistics, embeddings, labels) => {
  const { loss, logits } = plain(params, statistics, embeddings, labels);
  const offset = 0.1 * Math.sin(calls++); // never the same for two calls, however many a step makes
  return { loss: tf.add(loss, offset) as tf.Scalar, logits };
});
loss('wrong-gradient-to-a-parameter', ({ kernel }, statistics, embeddings, labels) =>
  plain({ kernel: steeper(kernel, 2) }, statistics, embeddings, labels),
);
loss('climbs', ({ kernel }, statistics, embeddings, labels) =>
  plain({ kernel: steeper(kernel, -1) }, statistics, steeper(embeddings, -1) as tf.Tensor2D, labels),
);
loss('needs-two-samples', ({ kernel }, statistics, embeddings, labels) => {
  const spread = tf.moments(embeddings, 0).variance;
  return plain({ kernel }, statistics, tf.div(embeddings, tf.sqrt(spread)) as tf.Tensor2D, labels);
});
loss('needs-two-labels', (params, statistics, embeddings, labels) => {
  const { loss, logits } = plain(params, statistics, embeddings, labels);
  const others = tf.sum(tf.cast(tf.notEqual(labels, tf.slice(labels, [0], [1])), 'float32'));
  return { loss: tf.div(tf.mul(loss, others), others) as tf.Scalar, logits };
});
loss('adopts-the-opposite', plain, {
  adopt: ({ shape, data }) => ({
    kernel: { shape, dtype: 'float32', data: data.map((value) => -value) } as HostTensor,
  }),
});
loss('centres-on-their-side', plain, {
  centres: ({ kernel: { shape, data } }: HostTensors) =>
    ({ shape: [shape[1], shape[0]], dtype: 'float32', data }) as HostTensor,
  adopt: undefined,
});
