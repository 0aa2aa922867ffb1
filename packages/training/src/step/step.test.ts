/** The step's outputs and new state against finite differences and plain sums. */
import {
  createRandom,
  hostScalar,
  hostTensor,
  type Engine,
  type HostTensors,
  type Optimiser,
  type StepFunction,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { cosineLoss, linearLoss, normal, openCpu, tinyModel } from '../../test/tiny.js';
import { firstState } from '../loop/stage-state.js';
import {
  accumulatedName,
  gradientStep,
  isParameter,
  isStatistic,
  trainStep,
  updateStep,
  validationStep,
  type StepOptions,
} from './step.js';

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

/** The step as a plain function: only what it returns, by its names. */
function called(step: StepFunction, state: HostTensors, given: HostTensors) {
  const tensors = (from: HostTensors): Record<string, tf.Tensor> =>
    Object.fromEntries(
      Object.entries(from).map(([name, { shape, data, dtype }]) => [
        name,
        tf.tensor(data, [...shape], dtype as 'int32'),
      ]),
    );
  const values = (from: Record<string, tf.Tensor> = {}): Record<string, number[]> =>
    Object.fromEntries(Object.entries(from).map(([name, tensor]) => [name, [...tensor.dataSync()]]));
  let result: { state: Record<string, number[]>; outputs: Record<string, number[]> };
  tf.tidy(() => {
    const made = step(tensors(state), tensors(given));
    result = { state: values(made.state), outputs: values(made.outputs) };
  });
  return result!;
}
const start = (loss = cosineLoss, optimiser = probe): HostTensors =>
  firstState(tinyModel, { loss, optimiser }, 3, createRandom('start')).state;
const rate = hostScalar(0.1);
const sorted = (names: Iterable<string>): string[] => [...names].sort();
const STATISTICS = ['head/statistics/calls', 'model/statistics/stem/mean', 'model/statistics/stem/variance'];
const PARAMETERS = [
  'head/params/centres',
  'model/params/out/kernel',
  'model/params/stem/beta',
  'model/params/stem/gamma',
  'model/params/stem/kernel',
];

test.each([
  ['model/params/stem/kernel', true, false],
  ['head/params/kernel', true, false],
  ['model/statistics/stem/mean', false, true],
  ['head/statistics/calls', false, true],
  ['memory/model/params/stem/kernel', false, false],
  ['memory/head/params/kernel', false, false],
  ['accumulated/model/statistics/stem/mean', false, false],
  ['accumulated/head/statistics/calls', false, false],
  ['scaler/scale', false, false],
])('%s: learned %s, follows the batches %s', (name, parameter, statistic) => {
  expect([isParameter(name), isStatistic(name)]).toEqual([parameter, statistic]);
});

describe('the two halves of a step', () => {
  const scaler = { 'scaler/scale': hostScalar(8), 'scaler/good': hostScalar(0) };

  test('the first gives a gradient for each parameter and the moved statistics, and changes nothing', () => {
    const { state, outputs } = called(gradientStep(tinyModel, cosineLoss), start(), inputs);
    const whole = called(trainStep(tinyModel, cosineLoss, probe), start(), { ...inputs, rate });
    expect(state).toEqual({});
    expect(sorted(Object.keys(outputs))).toEqual(
      sorted([
        'loss',
        'accuracy',
        ...PARAMETERS.map((name) => `gradients/${name}`),
        ...STATISTICS.map((name) => `moved/${name}`),
      ]),
    );
    for (const name of ['loss', 'accuracy']) expect(outputs[name]).toEqual(whole.outputs[name]);
    for (const name of PARAMETERS) expect(outputs[`gradients/${name}`]).toEqual(whole.state[`memory/${name}`]);
    for (const name of STATISTICS) expect(outputs[`moved/${name}`]).toEqual(whole.state[name]);
  });

  test('the second divides the sums by the number of parts, clips and updates; it needs only what it changes', () => {
    const { outputs } = called(gradientStep(tinyModel, cosineLoss), start(), inputs);
    const gradients = (times: number): HostTensors =>
      Object.fromEntries(
        PARAMETERS.map((name) => {
          const values = outputs[`gradients/${name}`].map((value) => times * value);
          return [`gradients/${name}`, hostTensor(start()[name].shape, Float32Array.from(values))];
        }),
      );
    const all = start();
    const needed = Object.fromEntries(Object.entries(all).filter(([name]) => !isStatistic(name)));
    for (const options of [{}, { clipNorm: 0.01 }, { microBatches: 4 }] satisfies StepOptions[]) {
      const times = 'microBatches' in options ? 4 : 1;
      const given = { ...gradients(times), rate };
      const { state, outputs: norm } = called(updateStep(tinyModel, probe, options), needed, given);
      const { microBatches: _, ...rest } = options as StepOptions;
      const whole = called(trainStep(tinyModel, cosineLoss, probe, rest), all, { ...inputs, rate });
      const changed = Object.entries(whole.state).filter(([name]) => !isStatistic(name));
      expect(state).toEqual(Object.fromEntries(changed));
      expect(norm).toEqual({ gradientNorm: whole.outputs.gradientNorm });
    }
  });

  test('with loss scaling both tell the scale of this step, and only the update changes it', () => {
    const lossScaling = { initial: 8, growAfter: 1 };
    const state: HostTensors = { ...start(), ...scaler };
    const first = called(gradientStep(tinyModel, cosineLoss, { lossScaling }), state, inputs);
    const plain = called(gradientStep(tinyModel, cosineLoss), start(), inputs);
    expect(Object.keys(first.outputs)).toEqual(Object.keys(plain.outputs));
    for (const [name, values] of Object.entries(first.outputs))
      values.forEach((value, index) => expect(value, name).toBeCloseTo(plain.outputs[name][index], 6));
    const gradients = Object.fromEntries(
      PARAMETERS.map((name) => `gradients/${name}`).map((name, index) => [
        name,
        hostTensor(state[PARAMETERS[index]].shape, Float32Array.from(first.outputs[name])),
      ]),
    );
    const update = called(updateStep(tinyModel, probe, { lossScaling }), state, { ...gradients, rate });
    const whole = called(trainStep(tinyModel, cosineLoss, probe, { lossScaling }), state, { ...inputs, rate });
    expect(update.outputs).toEqual({ gradientNorm: whole.outputs.gradientNorm, lossScale: [8] });
    expect(whole.outputs.lossScale).toEqual([8]);
    expect([update.state['scaler/scale'], whole.state['scaler/scale']]).toEqual([[16], [16]]);
  });
});

test('gradients that are not finite change nothing but the scale', () => {
  const before = start(linearLoss);
  const state = { ...before, 'scaler/scale': hostScalar(8), 'scaler/good': hostScalar(0) };
  const images = hostTensor([5, 6, 6, 3], new Float32Array(540).fill(Infinity));
  const step = trainStep(tinyModel, linearLoss, probe, { lossScaling: { initial: 8, growAfter: 1 } });
  const { state: after } = called(step, state, { ...inputs, images, rate });
  for (const [name, { data }] of Object.entries(before))
    if (!isStatistic(name)) expect(after[name], name).toEqual([...data]);
  expect(after['scaler/scale']).toEqual([4]);
});

test('parameters come in the order of their names, wherever the state came from', () => {
  const orders: string[][] = [];
  const recording: Optimiser = {
    ...probe,
    update: (step) => {
      orders.push(Object.keys(step.params), Object.keys(step.gradients));
      return probe.update(step);
    },
  };
  const backwards = (state: HostTensors): HostTensors => Object.fromEntries(Object.entries(state).reverse());
  const gradients = Object.fromEntries(PARAMETERS.map((name) => [`gradients/${name}`, start()[name]])) as HostTensors;
  for (const order of [(state: HostTensors) => state, backwards]) {
    const { outputs } = called(gradientStep(tinyModel, cosineLoss), order(start()), inputs);
    expect(Object.keys(outputs).filter((name) => name.startsWith('gradients/'))).toEqual(Object.keys(gradients));
    called(trainStep(tinyModel, cosineLoss, recording), order(start()), { ...inputs, rate });
    called(updateStep(tinyModel, recording), start(), { ...order(gradients), rate });
  }
  expect(orders).toEqual(orders.map(() => PARAMETERS));
  expect(orders).toHaveLength(8);
});

describe('frozen', () => {
  const stem = PARAMETERS.filter((name) => name.includes('/stem/'));
  const model = PARAMETERS.filter((name) => name.startsWith('model/'));
  const head = ['head/params/centres'];

  test.each([
    ['nothing', [], STATISTICS],
    ['part of a layer', stem.slice(1), STATISTICS],
    ['a layer: its statistics stay too', stem, ['head/statistics/calls']],
    ['the whole model', model, ['head/statistics/calls']],
    ['the head: its statistics still move', head, STATISTICS],
  ])('%s', (_, names, moved) => {
    const told: string[][] = [];
    const recording: Optimiser = {
      ...probe,
      update: (step) => {
        told.push([...(step.frozen ?? [])]);
        return probe.update(step);
      },
    };
    const frozen = new Set(names);
    const free = PARAMETERS.filter((name) => !frozen.has(name));
    const step = trainStep(tinyModel, cosineLoss, recording, { frozen });
    const { state, outputs } = called(step, start(), { ...inputs, rate });
    expect(sorted(Object.keys(state))).toEqual(sorted([...free, ...free.map((name) => `memory/${name}`), ...moved]));
    expect(told).toEqual([names]);
    const norm = Math.hypot(...free.flatMap((name) => state[`memory/${name}`]));
    expect(outputs.gradientNorm[0]).toBeCloseTo(norm, 5);
  });

  test('only if the whole model is, it runs as in validation: with its running statistics', () => {
    const lossOf = (step: StepFunction): number => called(step, start(), { ...inputs, rate }).outputs.loss[0];
    const frozen = (names: string[]): number => lossOf(gradientStep(tinyModel, cosineLoss, { frozen: new Set(names) }));
    const validation = lossOf(validationStep(tinyModel, cosineLoss));
    expect(frozen(model)).toBe(validation);
    expect(frozen(model.slice(1))).not.toBe(validation);
    expect(frozen(head)).not.toBe(validation);
  });

  test('statistics of a layer without parameters stay only if the whole model is frozen', () => {
    const counting: typeof tinyModel = {
      ...tinyModel,
      apply(params, statistics, images, mode) {
        const made = tinyModel.apply(params, statistics, images, mode);
        return { ...made, statistics: { ...made.statistics, 'scale/count': tf.add(statistics['scale/count'], 1) } };
      },
    };
    const state = { ...start(), 'model/statistics/scale/count': hostScalar(3) };
    const counted = (names: string[]): number[] | undefined =>
      called(trainStep(counting, cosineLoss, probe, { frozen: new Set(names) }), state, { ...inputs, rate }).state[
        'model/statistics/scale/count'
      ];
    expect([counted([]), counted(stem), counted(model)]).toEqual([[4], [4], undefined]);
  });

  test('nothing is by default', () => {
    let told: readonly string[] | undefined;
    const recording: Optimiser = { ...probe, update: (step) => ((told = step.frozen), probe.update(step)) };
    called(trainStep(tinyModel, cosineLoss, recording), start(), { ...inputs, rate });
    expect(told).toEqual([]);
  });
});

describe('micro-batches', () => {
  const accumulators = Object.fromEntries(
    [...PARAMETERS, ...STATISTICS].map((name) => {
      const { shape, data } = start()[name];
      return [accumulatedName(name), hostTensor(shape, new Float32Array(data.length).fill(100))];
    }),
  );
  const state = { ...start(), ...accumulators };
  const step = (parts: number, from: HostTensors, first: number, last: number) =>
    called(trainStep(tinyModel, cosineLoss, probe, { microBatches: parts }), from, {
      ...inputs,
      rate,
      first: hostScalar(first),
      last: hostScalar(last),
    });

  test('the first part begins the sums, another adds to them; the rest of the state changes with the last one', () => {
    const plain = called(trainStep(tinyModel, cosineLoss, probe), start(), { ...inputs, rate });
    const single = (name: string): number[] => (isParameter(name) ? plain.state[`memory/${name}`] : plain.state[name]);
    const first = step(2, state, 1, 0);
    expect(sorted(Object.keys(first.state))).toEqual(sorted(Object.keys(state)));
    for (const [name, { data }] of Object.entries(start())) expect(first.state[name], name).toEqual([...data]);
    const second = step(2, state, 0, 0);
    for (const name of [...PARAMETERS, ...STATISTICS]) {
      expect(first.state[accumulatedName(name)], name).toEqual(single(name));
      second.state[accumulatedName(name)].forEach((value, i) => expect(value).toBeCloseTo(100 + single(name)[i], 4));
    }
    const last = step(2, state, 1, 1);
    for (const name of PARAMETERS)
      expect(last.state[`memory/${name}`], name).toEqual(single(name).map((value) => value / 2));
    for (const name of STATISTICS) expect(last.state[name], name).toEqual(single(name).map((value) => value / 2));
  });
});

test('a model without groups has none', () => {
  const { groupOf: _, ...without } = tinyModel;
  const groups: (string | undefined)[] = [];
  const recording: Optimiser = {
    ...probe,
    update: (step) => {
      groups.push(...Object.keys(step.params).map(step.groupOf));
      return probe.update(step);
    },
  };
  called(trainStep(without, cosineLoss, recording), start(), { ...inputs, rate });
  expect(groups).toEqual(['head', undefined, undefined, undefined, undefined]);
});

test('validation gives the loss and accuracy of the running statistics', () => {
  const { state, outputs } = called(validationStep(tinyModel, cosineLoss), start(), inputs);
  expect([state, sorted(Object.keys(outputs))]).toEqual([{}, ['accuracy', 'loss']]);
});
