/**
 * The training comparison that every engine passes: a step of a small MobileFaceNet compared with the reference engine:
 * loss, every gradient, running statistics, ten losses.
 */
import {
  createRandom,
  createRunContainer,
  hostScalar,
  hostTensor,
  pluginContext,
  prefixed,
  stripPrefix,
  type Engine,
  type HostTensors,
  type Loss,
  type Model,
  type StepFunction,
} from '@facewright/core';
import { arcFace, softmax } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { sgd, trainStep } from '@facewright/training';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { numbers, referenceEngine } from './reference.js';

const CLASSES = 7;
const SIDE = 32;
/** Has every kind of layer: stride, shortcut, expansion, global depthwise. */
const SMALL = {
  inputSize: SIDE,
  width: 0.25,
  embeddingSize: 16,
  bottlenecks: [
    [2, 64, 2, 2],
    [4, 96, 2, 2],
  ] as [number, number, number, number][],
};

const context = () => pluginContext(createRunContainer({ seed: 3 }), 'test');

/** Trained networks have PReLU slopes beyond ±1, so every third channel gets one. */
function withTrainedSlopes(params: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      name.endsWith('/slope')
        ? { ...value, data: Float32Array.from(value.data, (_, i) => [0.25, 1.7, -1.4, 1, 0, -0.2][i % 6]) }
        : value,
    ]),
  );
}

export interface Setting {
  model: Model;
  loss: Loss;
  params: HostTensors;
  statistics: HostTensors;
}

export async function setting(lossPlugin = softmax(), trained = true): Promise<Setting> {
  const model = await mobileFaceNet(SMALL).create(context());
  const loss = await lossPlugin.create(context());
  const body = model.init(createRandom(5));
  const head = loss.init(CLASSES, model.embeddingSize, createRandom(6));
  return {
    model,
    loss,
    params: {
      ...prefixed('model/params', trained ? withTrainedSlopes(body.params) : body.params),
      ...prefixed('head/params', head.params),
    },
    statistics: { ...prefixed('model/statistics', body.statistics), ...prefixed('head/statistics', head.statistics) },
  };
}

/** Loss, gradients and statistics as outputs. */
export const gradientStep =
  ({ model, loss, params }: Setting): StepFunction =>
  (state, { images, labels }) => {
    const names = Object.keys(params);
    let statistics: Record<string, tf.Tensor> = {};
    const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
      const given = { ...state, ...Object.fromEntries(names.map((name, i) => [name, values[i]])) };
      const body = model.apply(
        stripPrefix('model/params', given),
        stripPrefix('model/statistics', given),
        images as tf.Tensor4D,
        'train',
      );
      statistics = Object.fromEntries(
        Object.entries(body.statistics).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]),
      );
      return loss.apply(stripPrefix('head/params', given), {}, body.embeddings, labels as tf.Tensor1D).loss;
    })(names.map((name) => state[name]));
    const kept = Object.fromEntries(
      Object.entries(statistics).map(([name, tensor]) => [`statistics/${name}`, tf.clone(tensor)]),
    );
    tf.dispose(statistics);
    return {
      state: { 'model/statistics/stem/mean': kept['statistics/stem/mean'] },
      outputs: {
        loss: value,
        ...prefixed('gradient', Object.fromEntries(names.map((name, i) => [name, grads[i]]))),
        ...kept,
      },
    };
  };

export const batch = (n: number, seed = 1): HostTensors => ({
  images: numbers([n, SIDE, SIDE, 3], seed),
  labels: hostTensor(
    [n],
    Int32Array.from({ length: n }, (_, i) => (i * 3 + seed) % CLASSES),
  ),
});

const largest = (data: ArrayLike<number>): number =>
  Array.from(data).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

/**
 * Loss within 1e-5, or within 1e-6 relative if it is large; every gradient within 1e-4 of the largest, running
 * statistics within 1e-6.
 */
export function expectSameStep(actual: HostTensors, expected: HostTensors): void {
  const loss = expected.loss.data[0];
  expect(Math.abs(actual.loss.data[0] - loss)).toBeLessThan(Math.max(1e-5, 1e-6 * Math.abs(loss)));
  const gradients = Object.keys(expected).filter((name) => name.startsWith('gradient/'));
  const scale = Math.max(...gradients.map((name) => largest(expected[name].data)));
  for (const name of gradients)
    expect(difference(actual[name].data, expected[name].data) / scale, name).toBeLessThan(1e-4);
  const statistics = Object.keys(expected).filter((name) => name.startsWith('statistics/'));
  expect(statistics.length).toBeGreaterThan(20);
  // a mean after a normalised layer is zero up to rounding, so it is compared relative to the deviation, the scale it
  // is used on
  const deviation = (name: string): number => Math.sqrt(largest(expected[name.replace(/mean$/, 'variance')].data));
  for (const name of statistics)
    expect(
      difference(actual[name].data, expected[name].data) / Math.max(largest(expected[name].data), deviation(name)),
      name,
    ).toBeLessThan(1e-6);
}

/** Shared by all lowerings, because the reference is slow. */
let referenceLosses: Promise<number[]> | undefined;

async function tenLosses(engine: Engine): Promise<number[]> {
  const given = await setting(softmax(), false);
  const optimiser = await sgd({ momentum: 0.9, weightDecay: 5e-4 }).create(context());
  const state = { ...given.params, ...given.statistics, ...prefixed('memory', optimiser.init(given.params)) };
  const executable = engine.compile(trainStep(given.model, given.loss, optimiser), { state });
  const losses: number[] = [];
  for (let i = 0; i < 10; i++)
    losses.push((await executable.run({ ...batch(16, i + 1), rate: hostScalar(0.003) })).loss.data[0]);
  executable.dispose();
  return losses;
}

/** Registers the tests. The engine is opened before them and disposed of afterwards. */
export function testTrainingAgreement(open: () => Promise<Engine>): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine.dispose());

  test.each([
    ['softmax', softmax()],
    ['arcface', arcFace()],
  ])('loss, gradients and running statistics with %s', async (_, lossPlugin) => {
    const given = await setting(lossPlugin);
    const state = { ...given.params, ...given.statistics };
    const step = gradientStep(given);
    const expected = await (await referenceEngine()).compile(step, { state }).run(batch(16));
    const actual = await engine.compile(step, { state }).run(batch(16));
    expectSameStep(actual, expected);
  });

  test('ten steps of SGD give the same losses', { timeout: 300_000 }, async () => {
    const expected = await (referenceLosses ??= tenLosses(await referenceEngine()));
    (await tenLosses(engine)).forEach((loss, i) =>
      expect(Math.abs(loss - expected[i]) / expected[i], `step ${i}`).toBeLessThan(1e-3),
    );
  });

  test('a batch that no block size divides', async () => {
    const given = await setting();
    const state = { ...given.params, ...given.statistics };
    const step = gradientStep(given);
    const expected = await (await referenceEngine()).compile(step, { state }).run(batch(5));
    const actual = await engine.compile(step, { state }).run(batch(5));
    expect(Math.abs(actual.loss.data[0] - expected.loss.data[0])).toBeLessThan(1e-5);
  });
}
