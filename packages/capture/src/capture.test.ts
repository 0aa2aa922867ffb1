import {
  batchNormTraining,
  hostTensor,
  openEagerEngine,
  prelu,
  softmaxCrossEntropy,
  type HostTensors,
  type StepFunction,
} from '@facewright/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { capture, interpret, printGraph, simplify, type Graph } from './index.js';

beforeAll(async () => void (await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'js' })));

let seed = 1;
const numbers = (shape: number[]): HostTensors[string] => {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 1073741823.5 - 1;
  });
  return hostTensor(shape, values);
};

/** Captures, simplifies and interprets a function, and compares with running it eagerly. */
async function agrees(step: StepFunction, state: HostTensors, inputs: HostTensors): Promise<Graph> {
  const engine = await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'js' });
  const eager = engine.compile(step, { state });
  const expected = { outputs: await eager.run(inputs), state: await eager.readState() };
  const captured = capture(step, { state, inputs });
  const graph = simplify(captured);
  for (const candidate of [captured, graph]) {
    const result = interpret(candidate, 'cpu', state, inputs);
    expect(result.outputs).toEqual(expected.outputs);
    for (const [name, value] of Object.entries(result.state)) expect(value).toEqual(expected.state[name]);
  }
  expect(graph.nodes.length).toBeLessThan(captured.nodes.length);
  return graph;
}

/** A small network with everything in a training step: conv, batch norm, PReLU, residual, head, SGD with momentum. */
const trainingStep: StepFunction = (state, { image, label, rate }) => {
  const net = (...[w, d, gamma, beta, alpha, head]: tf.Tensor[]): tf.Scalar => {
    const x = tf.conv2d(image as tf.Tensor4D, w as tf.Tensor4D, 2, 'same');
    const { y } = batchNormTraining(x, gamma as tf.Tensor1D, beta as tf.Tensor1D);
    const z = tf.depthwiseConv2d(prelu(y, alpha as tf.Tensor1D) as tf.Tensor4D, d as tf.Tensor4D, 1, 'same');
    const embedding = tf.reshape(tf.mean(tf.add(z, x), [1, 2]), [-1, 4]);
    return tf.mean(softmaxCrossEntropy(tf.matMul(embedding as tf.Tensor2D, head as tf.Tensor2D), label as tf.Tensor1D));
  };
  const names = ['w', 'd', 'gamma', 'beta', 'alpha', 'head'];
  const { value, grads } = tf.valueAndGrads(net)(names.map((name) => state[name]));
  const entries = names.map((name, i) => {
    const momentum = tf.add(tf.mul(state[`m/${name}`], 0.9), grads[i]);
    return [
      [`m/${name}`, momentum],
      [name, tf.sub(state[name], tf.mul(rate, momentum))],
    ] as const;
  });
  return { state: Object.fromEntries(entries.flat()), outputs: { loss: value } };
};

test('a training step is captured with its gradients and matches running it', async () => {
  const shapes: Record<string, number[]> = {
    w: [3, 3, 3, 4],
    d: [3, 3, 4, 1],
    gamma: [4],
    beta: [4],
    alpha: [4],
    head: [4, 5],
  };
  const params = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, numbers(shape)]));
  const momenta = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`m/${name}`, numbers(shape)]));
  const inputs = {
    image: numbers([2, 9, 9, 3]),
    label: hostTensor([2], Int32Array.of(1, 4)),
    rate: hostTensor([], Float32Array.of(0.1)),
  };
  const graph = await agrees(trainingStep, { ...params, ...momenta }, inputs);
  const ops = graph.nodes.map(({ op }) => op);
  for (const op of [
    'FacewrightBatchNormTraining',
    'FacewrightBatchNormTrainingGradient',
    'FacewrightPreluGradient',
    'FacewrightSoftmaxCrossEntropyGradient',
  ]) {
    expect(ops.filter((name) => name === op)).toHaveLength(1);
  }
  expect(ops).not.toContain('Identity');
  expect(printGraph(graph)).toMatch(/%\d+: float32\[2,5,5,4\] = Conv2D\(x: %\d+, filter: %\d+\) \{strides/);
});

test("a user's loss in plain tfjs ops is captured", async () => {
  await agrees(
    (_, { x, labels }) => {
      const loss = (embeddings: tf.Tensor): tf.Scalar => {
        const unit = tf.div(embeddings, tf.norm(embeddings, 2, 1, true));
        const cosine = tf.clipByValue(tf.matMul(unit as tf.Tensor2D, unit as tf.Tensor2D, false, true), -1, 1);
        const same = tf.equal(tf.expandDims(labels, 1), tf.expandDims(labels, 0));
        const [first, second] = tf.split(tf.concat([cosine, tf.mul(cosine, cosine)], 1), 2, 1);
        const picked = tf.where(same, tf.sub(1, first), tf.relu(tf.sub(second, 0.2)));
        const spread = tf.logSumExp(tf.gather(tf.stack(tf.unstack(picked)), tf.tensor1d([0, 2], 'int32')), 1);
        return tf.add(tf.mean(tf.pow(spread, 2)), tf.sum(tf.abs(tf.slice(cosine, [0, 1], [2, 2])))) as tf.Scalar;
      };
      const { value, grad } = tf.valueAndGrad(loss)(x);
      return { outputs: { value, grad } };
    },
    {},
    { x: numbers([4, 6]), labels: hostTensor([4], Int32Array.of(0, 1, 0, 2)) },
  );
});

test('tensors of another backend become constants in every capture that uses them', async () => {
  await tf.setBackend('cpu');
  const outside = tf.tensor1d([1, 2, 3]);
  for (let i = 0; i < 2; i++) {
    const graph = capture((_, { x }) => ({ outputs: { y: tf.add(x, outside) } }), {
      inputs: { x: { shape: [3], dtype: 'float32' } },
    });
    expect([...graph.constants.values()]).toEqual([Float32Array.of(1, 2, 3)]);
  }
  expect(Array.from(await tf.add(outside, 1).data())).toEqual([2, 3, 4]);
});

test('reading a value is an error that names the op and the line', () => {
  const signature = { inputs: { x: { shape: [3], dtype: 'float32' as const } } };
  expect(() =>
    capture((_, { x }) => ({ outputs: { y: tf.mul(x, tf.exp(x).dataSync()[0]) } }), signature, { name: 'peek' }),
  ).toThrow(/"peek" reads the value of the result of Exp \[3\][\s\S]*capture\.test\.ts:\d+/);
  // a constant has a value
  expect(
    capture((_, { x }) => ({ outputs: { y: tf.mul(x, tf.scalar(4).dataSync()[0]) } }), signature).nodes,
  ).toHaveLength(1);
});

test('an input has no value either; text cannot be captured; a tensor of one capture has no place in another', () => {
  const signature = { inputs: { x: { shape: [3], dtype: 'float32' as const } } };
  expect(() =>
    capture((_, { x }) => ({ outputs: { y: tf.mul(x, x.dataSync()[0]) } }), signature, { name: 'peek' }),
  ).toThrow(/"peek" reads the value of one of its inputs \[3\] during capture/);
  expect(() =>
    capture((_, { x }) => ({ outputs: { y: tf.add(x, tf.tensor1d(['a'], 'string').size) } }), signature),
  ).toThrow(/A tensor of dtype string cannot be captured[^]*capture\.test\.ts:\d+[^]*Use float32, int32 or bool/);
  let leaked: tf.Tensor | undefined;
  capture((_, { x }) => {
    leaked = tf.keep(tf.exp(x));
    return { outputs: { y: leaked } };
  }, signature);
  expect(() => capture((_, { x }) => ({ outputs: { y: tf.add(x, leaked!) } }), signature)).toThrow(
    'a tensor from one capture was used in another',
  );
});

test('a disposed tensor is an error that says so', () => {
  const signature = { inputs: { x: { shape: [3], dtype: 'float32' as const } } };
  const square = tf.customGrad((x) => {
    const twice = tf.mul(x as tf.Tensor, 2);
    return { value: tf.square(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.mul(dy, twice) };
  });
  expect(() =>
    capture((_, { x }) => ({ outputs: { y: tf.grad((x: tf.Tensor) => tf.sum(square(x)))(x) } }), signature, {
      name: 'mine',
    }),
  ).toThrow(/"mine" uses a tensor that has been disposed[\s\S]*"save"/);
});

test('an op without a rule and an unknown state entry are named', () => {
  const signature = { inputs: { x: { shape: [4], dtype: 'float32' as const } } };
  expect(() => capture((_, { x }) => ({ outputs: { y: tf.real(tf.fft(tf.complex(x, x))) } }), signature)).toThrow(
    /cannot be captured/,
  );
  expect(() => capture((_, { x }) => ({ state: { w: x }, outputs: {} }), signature)).toThrow(/state "w"/);
});

test('the previous backend is active afterwards, even after an error', async () => {
  await tf.setBackend('cpu');
  expect(() =>
    capture(
      () => {
        throw new Error('mine');
      },
      { inputs: {} },
    ),
  ).toThrow('mine');
  expect(tf.getBackend()).toBe('cpu');
});

test('if no backend was chosen before, none is chosen afterwards', async () => {
  Object.assign(tf.engine(), { backendName: null, backendInstance: null });
  capture((_, { x }) => ({ outputs: { y: tf.square(x) } }), { inputs: { x: { shape: [2], dtype: 'float32' } } });
  expect(tf.engine().backendName).toBeNull();
  await tf.setBackend('cpu');
});
