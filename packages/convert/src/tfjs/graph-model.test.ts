// An exported graph model, loaded by tfjs-converter as users load it, must match the model itself.
import { cpu } from '@facewright/backend-cpu';
import {
  createRandom,
  FacewrightError,
  hostTensor,
  type Engine,
  type HostTensors,
  type InitialState,
  type Model,
  type StepFunction,
} from '@facewright/core';
import { mobileFaceNet, mobileNetV2 } from '@facewright/models';
import { openEngine, testContext } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  compareEmbeddings,
  EMBEDDINGS,
  graphModel,
  IMAGES,
  openGraphModel,
  publishedStep,
  type ImageLayout,
} from '../index.js';

const bottlenecks: [number, number, number, number][] = [
  [2, 64, 2, 2],
  [2, 128, 1, 1],
];
const tiny = { inputSize: [20, 13] as [number, number], width: 0.125, bottlenecks };
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(cpu());
});

/** Replaces the initial means of 0 and variances of 1, so that statistics matter. */
function shaken(model: Model): InitialState {
  const random = createRandom(3);
  const { params, statistics } = model.init(random.fork('weights'));
  const change = (tensors: HostTensors): HostTensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, { shape, data }]) => [
        name,
        hostTensor(
          shape,
          Float32Array.from(
            data,
            (value) => value * (0.5 + random.uniform()) + (name.endsWith('mean') ? random.normal() / 10 : 0),
          ),
        ),
      ]),
    );
  return { params: change(params), statistics: change(statistics) };
}

const pixels = (shape: readonly number[]): HostTensors => {
  const random = createRandom('pixels');
  return {
    [IMAGES]: hostTensor(
      shape,
      Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, () =>
        Math.floor(256 * random.uniform()),
      ),
    ),
  };
};
const rows = ({ [EMBEDDINGS]: { shape, data } }: HostTensors): Float32Array[] =>
  Array.from({ length: shape[0] }, (_, i) => (data as Float32Array).slice(i * shape[1], (i + 1) * shape[1]));

describe.each([
  ['mobilefacenet', mobileFaceNet({ ...tiny, embeddingSize: 6, embeddingBias: true })],
  [
    'mobilefacenet with a grouped stem and ReLU',
    mobileFaceNet({ ...tiny, stemGroup: 2, activation: 'relu', embeddingSize: 6 }),
  ],
  ['mobilenetv2', mobileNetV2({ inputSize: 16, width: 0.25, bottlenecks })],
] as const)('%s', (_name, plugin) => {
  test.each<ImageLayout>(['nhwc', 'nchw'])('agrees for any number of images, %s', async (layout) => {
    const model = await plugin.create(testContext());
    const { step, state, shape } = publishedStep(model, shaken(model), layout);
    const written = graphModel(step, {
      name: 'net',
      state,
      inputs: (batch) => ({ [IMAGES]: shape(batch) }),
      metadata: { key: 'value' },
      weightsFile: 'weights.bin',
    });
    const read = JSON.parse(JSON.stringify(written.model)) as tf.io.ModelJSON; // in the file's order
    const exported = await openGraphModel({ model: read, weights: written.weights }, engine, 'cpu');
    const own = engine.compile(step, { state });
    for (const batch of [1, 4]) {
      const [mine, theirs] = await Promise.all([own.run(pixels(shape(batch))), exported.run(pixels(shape(batch)))]);
      expect(theirs[EMBEDDINGS].shape).toEqual([batch, model.embeddingSize]);
      expect(compareEmbeddings(rows(mine), rows(theirs), 'here')).toMatchObject({ images: batch });
    }
    own.dispose();
    exported.dispose();
    expect(read.userDefinedMetadata).toEqual({ key: 'value' });
  });
});

test('what cannot be exported is rejected by name', () => {
  const write = (step: StepFunction) =>
    graphModel(step, {
      name: 'odd',
      state: {},
      inputs: (batch) => ({ x: [batch, 4] }),
      metadata: {},
      weightsFile: 'weights.bin',
    });
  expect(() => write((_, { x }) => ({ outputs: { y: tf.topk(x, 2).values } }))).toThrow(/no equivalent of the op TopK/);
  expect(() => write((_, { x }) => ({ outputs: { y: x.shape[0] > 4 ? tf.relu(x) : tf.relu(tf.sqrt(x)) } }))).toThrow(
    /depends on the number of images/,
  );
});

test('embeddings that do not agree are rejected', () => {
  const [a, b] = [Float32Array.of(0.6, 0.8), Float32Array.of(0.6, 0.8)];
  expect(compareEmbeddings([a], [b], 'here')).toEqual({
    images: 1,
    minimumCosine: expect.closeTo(1, 12),
    meanCosine: expect.closeTo(1, 12),
    maximumDifference: 0,
    required: 0.99999,
  });
  for (const other of [Float32Array.of(0.61, 0.79), Float32Array.of(NaN, 1), Float32Array.of(1), undefined]) {
    expect(() => compareEmbeddings([a, a], [a, other as Float32Array], 'here')).toThrow(FacewrightError);
    expect(() => compareEmbeddings([a, a], [other as Float32Array, a], 'here')).toThrow(/cosine/);
  }
  expect(() => compareEmbeddings([], [], 'here')).toThrow(/no images/);
});
