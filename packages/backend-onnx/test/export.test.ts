// An exported ONNX model: names, metadata and weights as other programs expect them, and the step's own numbers for any
// number of images.
import { cpu } from '@facewright/backend-cpu';
import {
  createRandom,
  hostTensor,
  prefixed,
  stripPrefix,
  type HostTensors,
  type Model,
  type StepFunction,
} from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { openEngine, testContext } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { exportOnnx, openOnnxModel } from '../src/index.js';

const random = createRandom(5);
const numbers = (shape: readonly number[]) =>
  hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, () => random.normal()),
  );
const about = { metadata: { key: 'välue' }, descriptions: { images: 'a description' }, description: 'of the whole' };

/** Embeds images [n, channels, height, width]. */
const embeddingStep =
  (model: Model): StepFunction =>
  (held, { images }) => ({
    outputs: {
      embeddings: model.apply(
        stripPrefix('params', held),
        stripPrefix('statistics', held),
        tf.transpose(images as tf.Tensor4D, [0, 2, 3, 1]),
        'infer',
      ).embeddings,
    },
  });

test('a network with PReLU and groups gives its own embeddings for 1 and 5 images', async () => {
  const model = await mobileFaceNet({
    inputSize: 20,
    width: 0.25,
    stemGroup: 2,
    embeddingSize: 6,
    bottlenecks: [
      [2, 64, 2, 2],
      [2, 128, 1, 2],
    ],
  }).create(testContext());
  const { params, statistics } = model.init(random.fork('net'));
  const state: HostTensors = { ...prefixed('params', params), ...prefixed('statistics', statistics) };
  const step = embeddingStep(model);
  const axis = { 0: 'batch' };
  const bytes = exportOnnx(step, {
    ...about,
    name: 'net',
    state,
    inputs: { images: { shape: [1, 3, 20, 20], dtype: 'float32' } },
    axisNames: { images: axis, embeddings: axis },
  });
  const text = Buffer.from(bytes).toString('latin1');
  for (const wanted of ['a description', 'of the whole', 'key', 'batch', 'PRelu']) expect(text).toContain(wanted);
  const session = await openOnnxModel(bytes, 'the bytes');
  const own = (await openEngine(cpu())).compile(step, { state });
  for (const batch of [1, 5]) {
    const images = numbers([batch, 3, 20, 20]);
    const [theirs, mine] = [await session.run({ images }), await own.run({ images })];
    expect(Object.keys(theirs)).toEqual(['embeddings']);
    expect(theirs.embeddings.shape).toEqual([batch, 6]);
    theirs.embeddings.data.forEach((value, i) => expect(value).toBeCloseTo(mine.embeddings.data[i], 4));
  }
  await session.dispose();
});

test('PReLU as convolutions gives the same embeddings, for slopes on both sides of 1', async () => {
  const model = await mobileFaceNet({
    inputSize: 20,
    width: 0.5,
    embeddingSize: 6,
    bottlenecks: [[2, 64, 2, 2]],
  }).create(testContext());
  const { params, statistics } = model.init(random.fork('slopes'));
  const slopes = random.fork('values');
  const shaken = Object.fromEntries(
    Object.entries(params).map(([name, tensor]) => {
      const steep = name.startsWith('stage1/block1') ? 1.5 : 0.9;
      if (!name.endsWith('/slope')) return [name, tensor];
      return [
        name,
        hostTensor(
          tensor.shape,
          Float32Array.from(tensor.data, () => steep * slopes.uniform()),
        ),
      ];
    }),
  );
  const state = { ...prefixed('params', shaken), ...prefixed('statistics', statistics) };
  const step = embeddingStep(model);
  const axis = { 0: 'batch' };
  const inputs = { images: { shape: [1, 3, 20, 20], dtype: 'float32' as const } };
  const images = numbers([3, 3, 20, 20]);
  const run = async (prelu: 'op' | 'convolutions') => {
    const axisNames = { images: axis, embeddings: axis };
    const bytes = exportOnnx(step, { ...about, name: 'net', state, inputs, axisNames, prelu });
    const session = await openOnnxModel(bytes, 'the bytes');
    const { embeddings } = await session.run({ images });
    await session.dispose();
    return { embeddings, text: Buffer.from(bytes).toString('latin1') };
  };
  const [op, convolutions] = [await run('op'), await run('convolutions')];
  expect([op, convolutions].map(({ text }) => text.includes('PRelu'))).toEqual([true, false]);
  convolutions.embeddings.data.forEach((value, i) => expect(value).toBeCloseTo(op.embeddings.data[i], 4));
  // 1 − slope is worked out beforehand
  expect(convolutions.text).not.toContain('Sub_');
});

test('weights are stored in the form the nodes use', () => {
  const step: StepFunction = ({ kernel }, { x }) => ({
    outputs: { y: tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'valid') },
  });
  const kernel = hostTensor([1, 1, 2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
  const bytes = exportOnnx(step, {
    ...about,
    name: 'one',
    state: { kernel },
    inputs: { x: { shape: [1, 4, 4, 2], dtype: 'float32' } },
    axisNames: { x: { 0: 'n' }, y: { 0: 'n' } },
  });
  // [in, out] transposed to [out, in]; the other order occurs nowhere
  const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
  expect(Buffer.from(bytes).includes(floats(1, 4, 2, 5, 3, 6))).toBe(true);
  expect(Buffer.from(bytes).includes(floats(1, 2, 3, 4, 5, 6))).toBe(false);
});

test('what cannot be exported is rejected by name', () => {
  const options = {
    ...about,
    name: 'odd',
    state: { s: numbers([2]) },
    inputs: { x: { shape: [1, 2], dtype: 'float32' as const } },
    axisNames: { x: { 0: 'n' } },
  };
  expect(() => exportOnnx(({ s }, { x }) => ({ state: { s: tf.mul(s, 2) }, outputs: { y: x } }), options)).toThrow(
    /changes its state/,
  );
  expect(() => exportOnnx((_, { x }) => ({ outputs: { y: tf.mul(x, x.shape[0]) } }), options)).toThrow(/every size/);
});
