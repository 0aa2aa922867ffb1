// A loss plugin as a user would publish it, in plain tfjs ops, trains on this engine unchanged: captured and compiled,
// with its gradient.
import {
  createRandom,
  createRunContainer,
  definePlugin,
  hostScalar,
  hostTensor,
  pluginContext,
  prefixed,
  type Engine,
  type HostTensor,
  type HostTensors,
  type Loss,
  type Random,
} from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { testLoss } from '@facewright/testkit';
import { compileTraining, firstState, sgd } from '@facewright/training';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { onnx, openOnnxEngine } from '../src/index.js';
import { expectClose, numbers, referenceEngine } from '@facewright/test/agree';

const drawn = (shape: readonly [number, number], random: Random): HostTensor =>
  hostTensor(
    shape,
    Float32Array.from({ length: shape[0] * shape[1] }, () => 0.1 * random.normal()),
  );

/** [n, 1]: the k-th largest number of each row, as a constant. */
const kth = (x: tf.Tensor, k: number): tf.Tensor =>
  tf.customGrad((x) => ({
    value: tf.slice(tf.topk(x as tf.Tensor, k).values, [0, k - 1], [-1, 1]),
    gradFunc: () => tf.zeros((x as tf.Tensor).shape),
  }))(x);

/**
 * Softmax over cosines, plus a hinge on the hardest negatives: of the k largest of each row, those within a margin, by
 * their running sums. Deliberately uses many ops: gather, topk, where, cumsum, oneHot, range, stack, slice, clip, a
 * custom gradient.
 */
const hardest = definePlugin({
  meta: { name: 'hardest-negatives', kind: 'loss', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({
    k: z.int().min(1).default(3),
    margin: z.number().default(0.3),
    scale: z.number().default(16),
  }),
  create: ({ k, margin, scale }): Loss => ({
    init: (identities, embeddingSize, random) => ({
      params: { centres: drawn([embeddingSize, identities], random) },
      statistics: {},
    }),
    apply(params, _, embeddings, labels) {
      const unit = (x: tf.Tensor, axis: number): tf.Tensor =>
        tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), axis, true), 1e-6)));
      const cosines = tf.clipByValue(
        tf.matMul(unit(embeddings, 1) as tf.Tensor2D, unit(params.centres, 0) as tf.Tensor2D),
        -1,
        1,
      );
      const [images, classes] = cosines.shape;
      const own = tf.cast(tf.oneHot(labels, classes), 'bool');
      const positive = tf.gather(
        tf.reshape(cosines, [-1]),
        tf.add(tf.mul(tf.range(0, images, 1, 'int32'), tf.scalar(classes, 'int32')), labels),
      );
      const others = tf.where(own, tf.fill(cosines.shape, -2), cosines);
      const least = kth(others, Math.min(k, classes - 1));
      const close = tf.greaterEqual(others, tf.maximum(least, tf.expandDims(tf.sub(positive, margin), 1)));
      const near = tf.where(close, others, tf.zerosLike(others));
      const hinge = tf.mean(tf.square(tf.cumsum(near, 1)));
      const logits = tf.mul(cosines, scale) as tf.Tensor2D;
      const entropy = tf.mean(tf.sub(tf.logSumExp(logits, 1), tf.mul(positive, scale)));
      return { loss: tf.sum(tf.stack([entropy, hinge])), logits };
    },
  }),
});

testLoss(hardest(), { engine: onnx(), name: "a user's loss on onnx" });

test('it trains as on the reference engine', async () => {
  const context = pluginContext(createRunContainer(), 'test');
  const [model, loss, optimiser] = await Promise.all([
    mobileFaceNet({ inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [[2, 64, 1, 2]] }).create(context),
    hardest().create(context),
    sgd({ momentum: 0.9 }).create(context),
  ]);
  const { state } = firstState(model, { loss, optimiser }, 6, createRandom(1));
  const train = async (engine: Engine, parts: number): Promise<HostTensors> => {
    const executable = compileTraining({ engine, name: "a user's loss", model, loss, optimiser, parts, state });
    const losses: Record<string, HostTensor> = {};
    for (let step = 0; step < 4; step++) {
      const labels = hostTensor(
        [16],
        Int32Array.from({ length: 16 }, (_, i) => (i * 5 + step) % 6),
      );
      const { loss: value, gradientNorm } = await executable.run({
        images: numbers([16, 16, 16, 3], step),
        labels,
        rate: hostScalar(0.02),
      });
      Object.assign(losses, prefixed(`step ${step}`, { loss: value, gradientNorm }));
    }
    return losses;
  };
  const engine = await openOnnxEngine({ provider: 'cpu', lowering: 'auto', threads: 2 });
  const losses = await train(engine, 1);
  expectClose(losses, await train(await referenceEngine(), 1), 1e-3);
  // and in micro-batches
  expectClose(await train(engine, 2), await train(await referenceEngine(), 2), 1e-3);
  expect(Math.abs(losses['step 3/loss'].data[0] - losses['step 0/loss'].data[0])).toBeGreaterThan(1e-3);
  await engine.dispose();
});
