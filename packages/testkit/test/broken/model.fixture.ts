/** Models that are wrong in one way each. */
import { createRandom, definePlugin, filled, type Model } from '@facewright/core';
import { testModel } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { engine, meta, normal, options } from './shared.js';

const model = (name: string, apply: Model['apply'], changes: Partial<Model> = {}) =>
  testModel(
    definePlugin({
      meta: meta('model', name),
      options,
      create: () => ({
        inputSize: [4, 4] as const,
        embeddingSize: 5,
        init: (random) => ({
          params: { kernel: normal([48, 5], random), bias: normal([5], random.fork('bias')) },
          statistics: { mean: filled([48], 0) },
        }),
        apply,
        ...changes,
      }),
    })(),
    { engine },
  );
const flat = (images: tf.Tensor): tf.Tensor2D => tf.reshape(images, [-1, 48]);

model('batch-in-inference', ({ kernel, bias }, { mean }, images, mode) => {
  const x = flat(images);
  const embeddings = tf.add(
    tf.matMul(tf.sub(x, tf.mean(x, 0)) as tf.Tensor2D, kernel as tf.Tensor2D),
    bias,
  ) as tf.Tensor2D;
  return { embeddings, statistics: { mean: mode === 'train' ? tf.add(mean, tf.mean(x, 0)) : mean } };
});
model('unused-parameter', ({ kernel }, { mean }, images, mode) => ({
  embeddings: tf.matMul(flat(images), kernel as tf.Tensor2D) as tf.Tensor2D,
  statistics: { mean: mode === 'train' ? tf.add(mean, tf.mean(flat(images), 0)) : mean },
}));
model('still-statistics', ({ kernel, bias }, statistics, images) => ({
  embeddings: tf.add(tf.matMul(flat(images), kernel as tf.Tensor2D), bias) as tf.Tensor2D,
  statistics,
}));

const sound: Model['apply'] = ({ kernel, bias }, { mean }, images, mode) => ({
  embeddings: tf.add(tf.matMul(flat(images), kernel as tf.Tensor2D), bias) as tf.Tensor2D,
  statistics: { mean: mode === 'train' ? tf.add(mean, tf.mean(flat(images), 0)) : mean },
});
const drawn = (random = createRandom(1)): ReturnType<Model['init']> => ({
  params: { kernel: normal([48, 5], random), bias: normal([5], random.fork('bias')) },
  statistics: { mean: filled([48], 0) },
});

model('draws-its-own-numbers', sound, { init: () => drawn(createRandom(Math.random())) });
model('deaf-to-the-seed', sound, { init: () => drawn() });
model(
  'one-name-for-two',
  (params, { kernel }, images, mode) => {
    const { embeddings, statistics } = sound(params, { mean: kernel }, images, mode);
    return { embeddings, statistics: { kernel: statistics.mean } };
  },
  { init: (random) => ({ params: drawn(random).params, statistics: { kernel: filled([48], 0) } }) },
);
model('wider-than-it-says', (params, statistics, images, mode) => {
  const { embeddings, ...rest } = sound(params, statistics, images, mode);
  return { ...rest, embeddings: tf.concat([embeddings, embeddings], 1) };
});
model('learns-in-inference', (params, statistics, images) => sound(params, statistics, images, 'train'));
model('writes-into-its-parameters', (params, statistics, images, mode) => {
  params.bias.dataSync()[0] += 1;
  return sound(params, statistics, images, mode);
});
model('sees-nothing', (params, statistics, images, mode) => ({
  ...sound(params, statistics, images, mode),
  embeddings: sound(params, statistics, tf.mul(images, 0) as tf.Tensor4D, mode).embeddings,
}));
model('groups-without-a-name', sound, { groupOf: () => '' });
