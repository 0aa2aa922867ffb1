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
import { beforeAll, describe, expect, test } from 'vitest';
import { linearLoss, normal, openCpu, tinyModel } from '../../test/tiny.js';
import { adam, batchParts, compileTraining } from '../index.js';
import { firstState } from '../loop/stage-state.js';
import { trainingState } from './micro-batches.js';

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
  expect(batchParts(512, 64, 64)).toEqual({ size: 64, parts: 1 });
  expect(batchParts(512, 64, 127)).toEqual({ size: 64, parts: 1 });
  expect(batchParts(512, undefined, 50)).toEqual({ size: 50, parts: 1 });
  expect(() => batchParts(512, 60)).toThrow(FacewrightError);
  expect(() => batchParts(512, 60)).toThrow(/A batch of 512 images cannot be split into parts of 60[\s\S]*e\.g\. 64/);
});

test('the suggested size of parts is the nearest divisor above 1, the smaller one of two', () => {
  const suggested = (batch: number, parts: number): string | undefined => {
    try {
      batchParts(batch, parts);
      return undefined;
    } catch (error) {
      return /e\.g\. (\d+)/.exec((error as FacewrightError).todo!)?.[1];
    }
  };
  expect(suggested(12, 5)).toBe('4');
  expect(suggested(12, 9)).toBe('12');
  expect(suggested(12, 8)).toBe('6');
  expect(suggested(7, 2)).toBe('7');
  expect(suggested(512, 1000)).toBe('512');
});

test('several processes take as many whole rounds of parts as there are images for', () => {
  expect(batchParts(512, 64, 512, 4)).toEqual({ size: 512, parts: 8 });
  expect(batchParts(512, undefined, 512, 4)).toEqual({ size: 512, parts: 4 });
  expect(batchParts(512, 64, 300, 2)).toEqual({ size: 256, parts: 4 });
  expect(batchParts(512, 64, 128, 2)).toEqual({ size: 128, parts: 2 });
  expect(() => batchParts(512, 64, 127, 2)).toThrow(
    /only 127 images to train on, too few for 2 processes with 64 each/,
  );
});

describe('what is compiled', () => {
  const entries = {
    'model/params/w': hostTensor([2, 3], new Float32Array(6)),
    'model/statistics/mean': hostTensor([3], new Float32Array(3)),
    'head/params/k': hostTensor([4], new Float32Array(4)),
    'head/statistics/calls': hostScalar(0),
    'memory/model/params/w': hostTensor([2, 3], new Float32Array(6)),
  };
  const scaler = { 'scaler/scale': hostScalar(8), 'scaler/good': hostScalar(3) };

  test('a sum for each parameter and statistic, and nothing more without parts', () => {
    expect(trainingState(entries, 1)).toBe(entries);
    expect(trainingState(entries, 2)).toEqual({
      ...entries,
      'accumulated/model/params/w': { shape: [2, 3], dtype: 'float32' },
      'accumulated/model/statistics/mean': { shape: [3], dtype: 'float32' },
      'accumulated/head/params/k': { shape: [4], dtype: 'float32' },
      'accumulated/head/statistics/calls': { shape: [], dtype: 'float32' },
    });
  });

  /** An engine that keeps the state it is given and notes its calls; each run answers with its number. */
  function noting(lossScaling?: Engine['lossScaling']) {
    const calls: [string, unknown?][] = [];
    let compiled: HostTensors = {};
    let runs = 0;
    const compile: Engine['compile'] = (_, { state = {}, ...options } = {}) => {
      compiled = state;
      calls.push(['compile', options]);
      return {
        lowering: 'noted',
        run: async (inputs) => {
          calls.push(['run', inputs]);
          const value = hostScalar(++runs);
          return { loss: value, accuracy: value, gradientNorm: value, ...(lossScaling && { lossScale: value }) };
        },
        send: (inputs) => void calls.push(['send', inputs]),
        readState: async (names) => (calls.push(['read', names]), state),
        writeState: async (values) => void calls.push(['write', Object.keys(values)]),
        dispose: () => void calls.push(['dispose']),
      };
    };
    const noted = { ...engine, lossScaling, compile } as Engine;
    const compiledFor = (parts: number, state: HostTensors = entries) =>
      compileTraining({ engine: noted, name: 'step', model: tinyModel, loss: linearLoss, optimiser: probe, parts, state, hostBytes: 5 }); // prettier-ignore
    return { compiledFor, calls, names: () => Object.keys(compiled), state: () => compiled };
  }
  const scaling = { initial: 1024, growAfter: 10 };

  test('without parts, calls go to the engine’s executable as they are', async () => {
    const { compiledFor, calls, names } = noting();
    const executable = compiledFor(1, { ...entries, ...scaler });
    expect(names()).toEqual(Object.keys(entries));
    expect(executable.lowering).toBe('noted');
    executable.send!(inputs(1));
    expect((await executable.run(inputs(1))).loss.data[0]).toBe(1);
    await executable.readState(['memory/model/params/w']);
    await executable.readState();
    await executable.writeState({ ...entries, ...scaler });
    executable.dispose();
    expect(calls).toEqual([
      ['compile', { name: 'step', inputsStay: true, hostBytes: 5 }],
      ['send', inputs(1)],
      ['run', inputs(1)],
      ['read', ['memory/model/params/w']],
      ['read', undefined],
      ['write', Object.keys(entries)],
      ['dispose'],
    ]);
  });

  test('with parts, a call is made for each, the sums start at 0 and stay out of the state that is read', async () => {
    const { compiledFor, calls, state } = noting();
    const executable = compiledFor(3, { ...entries, ...scaler });
    expect(Object.keys(state())).toEqual(Object.keys(trainingState(entries, 3)));
    expect([...state()['accumulated/model/params/w'].data]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([executable.lowering, executable.send]).toEqual(['noted', undefined]);
    const { images, labels, rate } = inputs(1);
    expect(await executable.run({ images, labels, rate })).toEqual({
      loss: hostScalar(2),
      accuracy: hostScalar(2),
      gradientNorm: hostScalar(3),
    });
    const part = (number: number) => ({
      rate,
      first: hostScalar(number === 0 ? 1 : 0),
      last: hostScalar(number === 2 ? 1 : 0),
      images: hostTensor([4, 6, 6, 3], images.data.slice(number * 432, (number + 1) * 432) as Float32Array),
      labels: hostTensor([4], labels.data.slice(number * 4, (number + 1) * 4) as Int32Array),
    });
    await executable.readState();
    await executable.readState(['head/params/k']);
    await executable.writeState({ ...entries, ...scaler });
    executable.dispose();
    expect(calls).toEqual([
      ['compile', { name: 'step', inputsStay: true, hostBytes: 5 }],
      ...[0, 1, 2].map((number) => ['run', part(number)]),
      ['read', Object.keys(entries)],
      ['read', ['head/params/k']],
      ['write', Object.keys(entries)],
      ['dispose'],
    ]);
  });

  test.each([1, 2])(
    'on an engine with loss scaling, the scale is part of the state, given or new (%i parts)',
    async (parts) => {
      const fresh = noting(scaling);
      const outputs = await fresh.compiledFor(parts).run(inputs(1));
      expect(outputs.lossScale).toEqual(hostScalar(parts));
      const first = ['scaler/scale', 'scaler/good'].map((name) => fresh.state()[name].data[0]);
      expect(first).toEqual([1024, 0]);
      const resumed = noting(scaling);
      const executable = resumed.compiledFor(parts, { ...entries, ...scaler });
      expect(['scaler/scale', 'scaler/good'].map((name) => resumed.state()[name].data[0])).toEqual([8, 3]);
      await executable.writeState({ ...entries, ...scaler });
      expect(resumed.calls.at(-1)).toEqual(['write', Object.keys({ ...entries, ...scaler })]);
    },
  );
});
