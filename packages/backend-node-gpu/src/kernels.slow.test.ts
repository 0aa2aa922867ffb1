/** Kernels that the backend suite does not cover, op by op and in a function, compared with tfjs's plain JavaScript. */
import { cpu } from '@facewright/backend-cpu';
import { hostTensor, type Engine, type HostTensors, type State } from '@facewright/core';
import { testContext } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { libraries } from '../test/libraries.js';
import { nodeGpu } from './index.js';

const here = await libraries();
const wave = (shape: number[], from = 0.1): ReturnType<typeof hostTensor> =>
  hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(from + 1.7 * i)),
  );
const inputs: HostTensors = {
  x: wave([2, 6, 6, 3]),
  y: wave([2, 6, 6, 3], 2),
  m: wave([4, 5]),
  whole: hostTensor([4], Int32Array.of(3, -7, 0, 5)),
  rows: hostTensor([3], Int32Array.of(2, 0, 2)),
  filter: wave([3, 3, 3, 4], 1),
  bias: wave([4]),
};
const as = <T extends tf.Tensor>(tensor: tf.Tensor): T => tensor as T;

const cases: Record<string, (given: State) => tf.Tensor> = {
  'floor division of integers': ({ whole }) => tf.floorDiv(whole, tf.scalar(2, 'int32')),
  'mod of negative numbers': ({ whole }) => tf.mod(whole, tf.scalar(3, 'int32')),
  'mean of integers': ({ whole }) => tf.mean(whole),
  'sum of truths': ({ m }) => tf.sum(tf.greater(m, 0)),
  'any and all': ({ m }) => tf.cast(tf.stack([tf.any(tf.greater(m, 0.9), 1), tf.all(tf.less(m, 0.9), 1)]), 'int32'),
  'whole to truth and back': ({ whole }) => tf.cast(tf.cast(whole, 'bool'), 'float32'),
  step: ({ m }) => tf.step(m, 0.2),
  'elu, selu, softplus, leaky relu': ({ m }) => tf.addN([tf.elu(m), tf.selu(m), tf.softplus(m), tf.leakyRelu(m, 0.3)]),
  round: () => tf.round(tf.tensor1d([0.5, 1.5, -0.5, 2.4])),
  'log softmax': ({ m }) => tf.logSoftmax(as<tf.Tensor2D>(m)),
  'where by rows': ({ m }) => tf.where(tf.tensor2d([1, 0, 1, 0], [4, 1], 'bool'), m, tf.neg(m)),
  'cumsum, exclusive and reversed': ({ m }) => tf.cumsum(m, 1, true, true),
  'top k': ({ m }) => tf.topk(m, 2).values,
  'top k, where': ({ m }) => tf.topk(m, 2).indices,
  'split unevenly': ({ m }) => tf.split(m, [2, 3], 1)[1],
  unstack: ({ m }) => tf.unstack(m, 1)[3],
  'strided slice': ({ x }) => tf.stridedSlice(x, [0, 1, 5, 0], [2, 6, 0, 3], [1, 2, -2, 1]),
  'mirrored padding': ({ m }) =>
    tf.mirrorPad(
      as<tf.Tensor2D>(m),
      [
        [1, 2],
        [2, 1],
      ],
      'reflect',
    ),
  'padding by a value': ({ m }) =>
    tf.pad(
      m,
      [
        [1, 0],
        [0, 2],
      ],
      7,
    ),
  reverse: ({ m }) => tf.reverse(m, 1),
  tile: ({ m }) => tf.tile(m, [2, 1]),
  'gather by batch': ({ m }) =>
    tf.gather(
      m,
      tf.tensor2d(
        [
          [0, 1],
          [4, 2],
          [1, 1],
          [3, 0],
        ],
        [4, 2],
        'int32',
      ),
      1,
      1,
    ),
  scatter: () => tf.scatterND(tf.tensor2d([[1], [3]], [2, 1], 'int32'), tf.tensor1d([9, 8]), [5]),
  'segment sum': ({ m, rows }) => tf.unsortedSegmentSum(tf.slice(m, [0, 0], [3, 5]), as<tf.Tensor1D>(rows), 4),
  range: () => tf.range(3, 10, 2),
  linspace: () => tf.linspace(0, 1, 5),
  'resize, bilinear': ({ x }) => tf.image.resizeBilinear(as<tf.Tensor4D>(x), [4, 9], false, true),
  'resize, nearest': ({ x }) => tf.image.resizeNearestNeighbor(as<tf.Tensor4D>(x), [3, 8]),
  'crop and resize': ({ x }) =>
    tf.image.cropAndResize(as<tf.Tensor4D>(x), tf.tensor2d([[0.1, 0, 0.8, 1]]), tf.tensor1d([1], 'int32'), [3, 3]),
  'convolution with bias and relu in one': ({ x, filter, bias }) =>
    tf.fused.conv2d({
      x: as<tf.Tensor4D>(x),
      filter: as<tf.Tensor4D>(filter),
      strides: 2,
      pad: 1,
      bias,
      activation: 'relu',
    }),
  'max pooling, rounded up': ({ x }) => tf.maxPool(as<tf.Tensor4D>(x), 3, 2, 0, 'ceil'),
  'batch norm of running statistics': ({ x }) =>
    tf.batchNorm(
      x,
      tf.tensor1d([0, 0.1, 0.2]),
      tf.tensor1d([1, 2, 0.5]),
      tf.tensor1d([0.3, 0, 0]),
      tf.tensor1d([1, 1, 2]),
    ),
  'product of batches': ({ x, y }) => tf.matMul(x, y, false, true),
  'squared difference, atan2': ({ x, y }) => tf.add(tf.squaredDifference(x, y), tf.atan2(x, y)),
};

describe.skipIf('missing' in here)(`kernels (need TensorFlow: "facewright setup node-gpu --cpu")`, () => {
  const engines: Record<string, Engine> = {};
  beforeAll(async () => {
    const options = { ...here, device: 'cpu' as const };
    engines.right = await (await cpu().create(testContext())).open();
    engines.eager = await (await nodeGpu({ ...options, mode: 'eager' }).create(testContext())).open();
    engines.function = await (await nodeGpu(options).create(testContext())).open();
  });
  afterAll(async () => {
    for (const engine of Object.values(engines)) await engine.dispose();
  });
  const result = async (engine: Engine, op: (given: State) => tf.Tensor) =>
    (await engine.compile((_, given) => ({ outputs: { result: op(given) } })).run(inputs)).result;

  for (const [name, op] of Object.entries(cases)) {
    test.each(['eager', 'function'])(`${name}, %s`, async (mode) => {
      const right = await result(engines.right, op);
      const found = await result(engines[mode], op);
      expect({ shape: found.shape, dtype: found.dtype }).toEqual({ shape: right.shape, dtype: right.dtype });
      right.data.forEach((value, i) => expect(found.data[i]).toBeCloseTo(value, 4));
    });
  }

  test('a function compiled as a whole by XLA gives the same', async () => {
    const engine = await (await nodeGpu({ ...here, device: 'cpu', jit: true }).create(testContext())).open();
    const net = ({ x, filter }: State): tf.Tensor =>
      tf.mean(tf.relu(tf.conv2d(as<tf.Tensor4D>(x), as<tf.Tensor4D>(filter), 1, 'same')), [1, 2]);
    const [plain, compiled] = [await result(engines.function, net), await result(engine, net)];
    plain.data.forEach((value, i) => expect(compiled.data[i]).toBeCloseTo(value, 5));
    await engine.dispose();
  });

  test('the main thread is free while a function runs, and the inputs may be overwritten with the next batch', async () => {
    const big = wave([512, 512]);
    const executable = engines.function.compile((_, { big }) => ({
      outputs: { result: tf.sum(Array.from({ length: 20 }).reduce((x: tf.Tensor) => tf.tanh(tf.matMul(x, big)), big)) },
    }));
    const right = (await executable.run({ big })).result.data[0];
    let done = false;
    const running = executable.run({ big }).finally(() => (done = true));
    big.data.fill(0);
    let turns = 0;
    for (; !done; turns++) await new Promise(setImmediate);
    expect(turns, 'a call that blocked would be done after one').toBeGreaterThan(5);
    expect((await running).result.data[0]).toBe(right);
    executable.dispose();
  });

  test('TensorFlow accepts the options for threads and GPU memory', async () => {
    const engine = await (
      await nodeGpu({
        ...here,
        device: 'cpu',
        threads: 1,
        parallelOps: 1,
        memoryGrowth: true,
        memoryLimit: 1024,
      }).create(testContext())
    ).open();
    expect([...(await result(engine, ({ m }) => tf.sum(m))).data]).toHaveLength(1);
    await engine.dispose();
  });

  test('an op without a kernel is named, with advice', async () => {
    await expect(result(engines.function, ({ m }) => tf.real(tf.fft(tf.complex(m, m))))).rejects.toThrow(
      /Complex|FFT|complex/,
    );
  });
});
