/** The step's outputs and new state against finite differences and plain sums. */
import { createRandom, hostScalar, hostTensor, type Engine, type HostTensors, type Optimiser } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { cosineLoss, linearLoss, normal, openCpu, tinyModel } from '../../test/tiny.js';
import { firstState } from '../loop/stage-state.js';
import { trainStep, validationStep } from './step.js';

let engine: Engine;
beforeAll(async () => {
  engine = await openCpu();
});

/** Leaves the parameters unchanged and stores gradients and groups where the test can read them. */
const probe: Optimiser = {
  init: (params) =>
    Object.fromEntries(
      Object.entries(params).map(([name, tensor]) => [
        name,
        hostTensor(tensor.shape, new Float32Array(tensor.data.length)),
      ]),
    ),
  update: ({ params, gradients }) => ({ params, memory: gradients }),
};
const random = createRandom('step');
const inputs: HostTensors = {
  images: normal([5, 6, 6, 3], 0.5, random.fork('images')),
  labels: hostTensor([5], Int32Array.of(0, 2, 1, 2, 0)),
};

async function once(
  loss: typeof linearLoss,
  state: HostTensors,
): Promise<{ outputs: HostTensors; after: HostTensors }> {
  const executable = engine.compile(trainStep(tinyModel, loss, probe), { state });
  const outputs = await executable.run({ ...inputs, rate: hostScalar(0.1) });
  const after = await executable.readState();
  executable.dispose();
  return { outputs, after };
}

test.each([
  ['linear', linearLoss],
  ['cosine', cosineLoss],
])('gradients of the %s loss match finite differences', async (_name, loss) => {
  const { state } = firstState(tinyModel, { loss, optimiser: probe }, 3, random);
  const { outputs, after } = await once(loss, state);
  const names = Object.keys(state).filter((name) => name.includes('/params/') && !name.startsWith('memory/'));
  let sum = 0;
  for (const name of names) {
    const gradient = after[`memory/${name}`].data;
    sum += Array.from(gradient).reduce((total, value) => total + value ** 2, 0);
    for (const index of [0, gradient.length - 1]) {
      const lossAt = async (shift: number): Promise<number> => {
        const data = Float32Array.from(state[name].data);
        data[index] += shift;
        return (await once(loss, { ...state, [name]: hostTensor(state[name].shape, data) })).outputs.loss.data[0];
      };
      const slope = ((await lossAt(5e-3)) - (await lossAt(-5e-3))) / 1e-2;
      expect(Math.abs(gradient[index] - slope), `${name}[${index}]: ${gradient[index]} and ${slope}`).toBeLessThan(
        5e-3 + 0.03 * Math.abs(slope),
      );
    }
  }
  expect(outputs.gradientNorm.data[0]).toBeCloseTo(Math.sqrt(sum), 4);
});

test('the running statistics move, including those of the head', async () => {
  const { state } = firstState(tinyModel, { loss: cosineLoss, optimiser: probe }, 3, random);
  const { after } = await once(cosineLoss, state);
  expect(after['head/statistics/calls'].data[0]).toBe(1);
  expect(after['model/statistics/stem/mean'].data).not.toEqual(state['model/statistics/stem/mean'].data);
});

test('accuracy is measured on the logits, whatever the loss does with them', async () => {
  const model = {
    ...tinyModel,
    apply: () => ({
      embeddings: tf.tensor2d([
        [1, 0],
        [0, 1],
        [1, 0.1],
        [0.2, 0.1],
      ]),
      statistics: {},
    }),
    init: () => ({ params: {}, statistics: {} }),
  };
  const loss: typeof linearLoss = {
    init: () => ({ params: { kernel: hostTensor([2, 2], Float32Array.of(1, 0, 0, 1)) }, statistics: {} }),
    apply: (params, _statistics, embeddings, labels) => {
      const logits: tf.Tensor2D = tf.matMul(embeddings, params.kernel as tf.Tensor2D);
      return { loss: tf.mean(tf.sum(tf.mul(tf.sub(logits, 100), tf.oneHot(labels, 2)), 1)) as tf.Scalar, logits };
    },
  };
  const { state } = firstState(model, { loss, optimiser: probe }, 2, random);
  const executable = engine.compile(trainStep(model, loss, probe), { state });
  const { accuracy } = await executable.run({
    images: inputs.images,
    labels: hostTensor([4], Int32Array.of(0, 1, 1, 0)),
    rate: hostScalar(0),
  });
  expect(accuracy.data[0]).toBe(0.75);
});

test('the loss\'s parameters are the group "head"', async () => {
  const groups: Record<string, string | undefined> = {};
  const recording: Optimiser = {
    ...probe,
    update: (step) => {
      for (const name of Object.keys(step.params)) groups[name] = step.groupOf(name);
      return probe.update(step);
    },
  };
  const executable = engine.compile(trainStep(tinyModel, linearLoss, recording), {
    state: firstState(tinyModel, { loss: linearLoss, optimiser: probe }, 3, random).state,
  });
  await executable.run({ ...inputs, rate: hostScalar(0.1) });
  expect(groups).toEqual({
    'model/params/stem/kernel': undefined,
    'model/params/stem/gamma': undefined,
    'model/params/stem/beta': undefined,
    'model/params/out/kernel': 'afterGlobal',
    'head/params/kernel': 'head',
  });
});

test('nothing leaks, and validation changes nothing', async () => {
  const { state } = firstState(tinyModel, { loss: linearLoss, optimiser: probe }, 3, random);
  const training = engine.compile(trainStep(tinyModel, linearLoss, probe), { state });
  const validation = engine.compile(validationStep(tinyModel, linearLoss), { state });
  await training.run({ ...inputs, rate: hostScalar(0.1) });
  const before = tf.memory().numTensors;
  await training.run({ ...inputs, rate: hostScalar(0.1) });
  const first = await validation.run(inputs);
  expect(await validation.run(inputs)).toEqual(first);
  expect(await validation.readState()).toEqual(state);
  expect(tf.memory().numTensors).toBe(before);
});

test('gradients longer than clipNorm are shortened to it, shorter ones unchanged; the reported norm is before clipping', async () => {
  const { state } = firstState(tinyModel, { loss: linearLoss, optimiser: probe }, 3, random);
  const gradientsWith = async (clipNorm?: number): Promise<{ norm: number; flat: number[] }> => {
    const executable = engine.compile(trainStep(tinyModel, linearLoss, probe, { clipNorm }), { state });
    const { gradientNorm } = await executable.run({ ...inputs, rate: hostScalar(0.1) });
    const after = await executable.readState();
    executable.dispose();
    return {
      norm: gradientNorm.data[0],
      flat: Object.keys(state)
        .filter((name) => name.startsWith('memory/'))
        .sort()
        .flatMap((name) => [...after[name].data]),
    };
  };
  const whole = await gradientsWith();
  const short = await gradientsWith(whole.norm / 4);
  expect(short.norm).toBe(whole.norm);
  expect(Math.hypot(...short.flat) / whole.norm).toBeCloseTo(0.25, 6);
  short.flat.forEach((value, index) => expect(value).toBeCloseTo(whole.flat[index] / 4, 6));
  expect((await gradientsWith(whole.norm * 2)).flat).toEqual(whole.flat);
});
