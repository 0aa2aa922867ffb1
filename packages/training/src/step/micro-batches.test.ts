/** Micro-batches: the mean gradient, one update per step, and exact resumption. */
import {
  createRandom,
  FacewrightError,
  hostScalar,
  hostTensor,
  type Engine,
  type HostTensor,
  type HostTensors,
  type Loss,
  type Model,
  type Optimiser,
  type PluginContext,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { linearLoss, normal, openCpu, tinyModel } from '../../test/tiny.js';
import { adam, batchParts, compileTraining } from '../index.js';
import { firstState } from '../loop/stage-state.js';

let engine: Engine;
beforeAll(async () => {
  engine = await openCpu();
});

const CLASSES = 3;
const random = createRandom('micro-batches');
const inputs = (seed: number, count = 12): HostTensors => ({
  images: normal([count, 6, 6, 3], 0.5, random.fork('images', seed)),
  labels: hostTensor(
    [count],
    Int32Array.from({ length: count }, (_, i) => (i * 5 + seed) % CLASSES),
  ),
  rate: hostScalar(0.05),
});

/** A model without batch norm, so that the mean gradient of the parts equals that of the whole batch. */
const withoutNorm: Model = {
  ...tinyModel,
  init: (seed) => ({ params: { kernel: normal([108, 4], 0.2, seed.fork('kernel')) }, statistics: {} }),
  apply: (params, statistics, images) => ({
    embeddings: tf.tanh(tf.matMul(tf.reshape(images, [-1, 108]), params.kernel as tf.Tensor2D)),
    statistics,
  }),
};
/** Leaves the parameters unchanged and stores the gradients where the test can read them. */
const probe: Optimiser = {
  init: (params) =>
    Object.fromEntries(
      Object.entries(params).map(([name, { shape, data }]) => [name, hostTensor(shape, new Float32Array(data.length))]),
    ),
  update: ({ params, gradients }) => ({ params, memory: gradients }),
};
const largest = (tensors: HostTensors, others: HostTensors): number =>
  Math.max(
    ...Object.entries(tensors).flatMap(([name, { data }]) =>
      Array.from(data, (value, i) => Math.abs(value - others[name].data[i])),
    ),
  );

async function stepped({
  model,
  optimiser,
  parts,
  steps,
  loss = linearLoss,
}: {
  model: Model;
  optimiser: Optimiser;
  parts: number;
  steps: number;
  loss?: Loss;
}): Promise<{ outputs: HostTensors; after: HostTensors }> {
  const { state } = firstState(model, { loss, optimiser }, CLASSES, createRandom('start'));
  const executable = compileTraining({ engine, model, loss, optimiser, parts, state });
  let outputs: HostTensors = {};
  for (let step = 0; step < steps; step++) outputs = await executable.run(inputs(step));
  const after = await executable.readState();
  executable.dispose();
  expect(Object.keys(after).sort()).toEqual(Object.keys(state).sort());
  return { outputs, after };
}

test.each([2, 3, 6])('the gradient over %i parts equals that of the whole batch', async (parts) => {
  const whole = await stepped({ model: withoutNorm, optimiser: probe, parts: 1, steps: 1 });
  const inParts = await stepped({ model: withoutNorm, optimiser: probe, parts, steps: 1 });
  expect(largest(inParts.after, whole.after)).toBeLessThan(1e-6);
  for (const output of ['loss', 'accuracy', 'gradientNorm'])
    expect(inParts.outputs[output].data[0]).toBeCloseTo(whole.outputs[output].data[0], 5);
});

test('updates once per step, and every step resets its sums', async () => {
  const optimiser = await adam().create({} as PluginContext);
  const whole = await stepped({ model: withoutNorm, optimiser, parts: 1, steps: 4 });
  const inParts = await stepped({ model: withoutNorm, optimiser, parts: 4, steps: 4 });
  expect(largest(inParts.after, whole.after)).toBeLessThan(2e-5);
});

test('batch norm uses each part: its running statistics become the mean of what the parts make of them', async () => {
  const { after } = await stepped({ model: tinyModel, optimiser: probe, parts: 3, steps: 1 });
  const { images } = inputs(0);
  const momentum = 0.9;
  const { state } = firstState(tinyModel, { loss: linearLoss, optimiser: probe }, CLASSES, createRandom('start'));
  const channelMean = (part: HostTensor): number => {
    const toTensor = ({ data, shape }: HostTensor): tf.Tensor4D =>
      tf.tensor(data, [...shape] as [number, number, number, number]);
    return tf.tidy(
      () =>
        tf
          .mean(tf.conv2d(toTensor(part), toTensor(state['model/params/stem/kernel']), 2, 'valid'), [0, 1, 2])
          .dataSync()[0],
    );
  };
  const size = images.data.length / 3;
  const ofPart = (part: number): number =>
    channelMean(hostTensor([4, 6, 6, 3], images.data.slice(part * size, (part + 1) * size) as Float32Array));
  const moved = [0, 1, 2].reduce((sum, part) => sum + ((1 - momentum) * ofPart(part)) / 3, 0);
  expect(after['model/statistics/stem/mean'].data[0]).toBeCloseTo(moved, 6);
});

test('parts are equal, and with few images only whole parts are used', () => {
  expect(batchParts(512, 64)).toEqual({ size: 512, parts: 8 });
  expect(batchParts(512, undefined)).toEqual({ size: 512, parts: 1 });
  expect(batchParts(64, 64)).toEqual({ size: 64, parts: 1 });
  expect(batchParts(512, 64, 200)).toEqual({ size: 192, parts: 3 });
  expect(batchParts(512, 64, 50)).toEqual({ size: 50, parts: 1 });
  expect(() => batchParts(512, 60)).toThrow(FacewrightError);
  expect(() => batchParts(512, 60)).toThrow(/A batch of 512 images cannot be split into parts of 60[\s\S]*e\.g\. 64/);
});
