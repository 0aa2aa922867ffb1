/** The training ops in the global kernel registry. The backend suite tests their numbers. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openEagerEngine } from '../eager-engine.js';
import {
  ADD_TO_TARGET,
  addToTarget,
  batchNormTraining,
  BATCH_NORM_TRAINING,
  BATCH_NORM_TRAINING_GRADIENT,
  prelu,
  PRELU_GRADIENT,
  registerComposedKernels,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_GRADIENT,
  softmaxCrossEntropy,
  TARGET_ENTRY,
  targetEntry,
} from './index.js';

beforeAll(async () => {
  tf.env().set('PROD', true); // silences the message on first use
  await tf.setBackend('cpu');
  await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'plain JavaScript' });
});
let tensors: number;
beforeEach(() => {
  tensors = tf.memory().numTensors;
  return () => expect(tf.memory().numTensors, 'tensors left behind').toBe(tensors);
});
const values = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];
const close = (actual: number[], expected: number[]): void =>
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 4));

describe('batch norm in training', () => {
  test('two numbers per channel: the normalised batch is ±1, by hand', () => {
    tf.tidy(() => {
      const { y, mean, variance } = batchNormTraining(
        tf.tensor2d([
          [1, 10],
          [3, 30],
        ]),
        tf.tensor1d([1, 2]),
        tf.tensor1d([0, 5]),
        0,
      );
      close(values(mean), [2, 20]);
      close(values(variance), [1, 100]); // biased
      close(values(y), [-1, 3, 1, 7]);
    });
  });

  test('the input gradient is orthogonal to the constant and to x̂', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([
        [0.3, -1],
        [2, 0.5],
        [-0.7, 4],
        [1.1, 2],
      ]);
      const weights = tf.tensor2d([
        [1, -2],
        [3, 0.5],
        [-1, 1],
        [2, 2],
      ]);
      const gradient = tf.grad((x: tf.Tensor) =>
        tf.sum(tf.mul(batchNormTraining(x, tf.tensor1d([1.5, -2]), tf.tensor1d([0, 1]), 1e-6).y, weights)),
      )(x);
      close(values(tf.sum(gradient, 0)), [0, 0]);
      const [dGamma, dBeta] = tf.grads((gamma: tf.Tensor, beta: tf.Tensor) =>
        tf.sum(tf.mul(batchNormTraining(x, gamma as tf.Tensor1D, beta as tf.Tensor1D, 0).y, weights)),
      )([tf.tensor1d([1.5, -2]), tf.tensor1d([0, 1])]);
      close(values(dBeta), values(tf.sum(weights, 0)));
      const normalised = batchNormTraining(x, tf.tensor1d([1, 1]), tf.tensor1d([0, 0]), 0).y;
      close(values(dGamma), values(tf.sum(tf.mul(normalised, weights), 0)));
      close(values(tf.sum(tf.mul(gradient, x), 0)), [0, 0]);
    });
  });

  test('a constant channel stays finite', () => {
    tf.tidy(() => {
      const gradient = tf.grad((x: tf.Tensor) => tf.sum(batchNormTraining(x, tf.tensor1d([1]), tf.tensor1d([0])).y))(
        tf.fill([4, 1], 3),
      );
      expect(values(gradient).every(Number.isFinite)).toBe(true);
    });
  });

  test('no gradient flows through mean and variance', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([
        [1, 2],
        [3, 5],
      ]);
      const slope = (f: (x: tf.Tensor2D) => tf.Tensor): number[] =>
        values(tf.grad((x: tf.Tensor) => tf.sum(f(x as tf.Tensor2D)))(x));
      const norm = (x: tf.Tensor2D) => batchNormTraining(x, tf.tensor1d([1, 1]), tf.tensor1d([0, 0]));
      close(
        slope((x) => tf.add(tf.sum(norm(x).y), tf.mul(100, tf.sum(norm(x).mean)))),
        [0, 0, 0, 0],
      );
    });
  });
});

test('PReLU with slopes of any sign, by hand', () => {
  tf.tidy(() => {
    const x = tf.tensor2d([
      [-2, -2, -2],
      [3, 3, 3],
    ]);
    const alpha = tf.tensor1d([0.25, -0.5, 1.5]);
    close(values(prelu(x, alpha)), [-0.5, 1, -3, 3, 3, 3]);
    const [dx, dAlpha] = tf.grads((x: tf.Tensor, alpha: tf.Tensor) => tf.sum(prelu(x, alpha as tf.Tensor1D)))([
      x,
      alpha,
    ]);
    close(values(dx), [0.25, -0.5, 1.5, 1, 1, 1]);
    close(values(dAlpha), [-2, -2, -2]);
  });
});

describe('softmax cross-entropy', () => {
  test('is ln n for equal logits, with gradient softmax minus one-hot', () => {
    tf.tidy(() => {
      const labels = tf.tensor1d([1, 3], 'int32');
      close(values(softmaxCrossEntropy(tf.zeros([2, 4]), labels)), [Math.log(4), Math.log(4)]);
      const gradient = tf.grad((z: tf.Tensor) => tf.sum(softmaxCrossEntropy(z as tf.Tensor2D, labels)))(
        tf.zeros([2, 4]),
      );
      close(values(gradient), [0.25, -0.75, 0.25, 0.25, 0.25, 0.25, 0.25, -0.75]);
    });
  });

  test('still has a gradient where a probability would have been clipped', () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([[60, 0, -60]]);
      const labels = tf.tensor1d([2], 'int32');
      close(values(softmaxCrossEntropy(logits, labels)), [120]);
      close(
        values(tf.grad((z: tf.Tensor) => tf.sum(softmaxCrossEntropy(z as tf.Tensor2D, labels)))(logits)),
        [1, 0, -1],
      );
    });
  });

  test('accepts labels created inside the differentiated function', () => {
    tf.tidy(() => {
      const gradient = tf.grad((z: tf.Tensor) =>
        tf.sum(softmaxCrossEntropy(z as tf.Tensor2D, tf.cast(tf.tensor1d([1]), 'int32'))),
      )(tf.zeros([1, 2]));
      close(values(gradient), [0.5, -0.5]);
    });
  });
});

describe('the entry at the label', () => {
  test('is read, and the gradient is nonzero only there', () => {
    tf.tidy(() => {
      const labels = tf.tensor1d([2, 0], 'int32');
      const x = tf.tensor2d([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      expect(targetEntry(x, labels).shape).toEqual([2, 1]);
      close(values(targetEntry(x, labels)), [3, 4]);
      close(
        values(tf.grad((x: tf.Tensor) => tf.sum(tf.mul(targetEntry(x as tf.Tensor2D, labels), [[10], [20]])))(x)),
        [0, 0, 10, 20, 0, 0],
      );
    });
  });

  test('is changed, and both inputs get gradients', () => {
    tf.tidy(() => {
      const labels = tf.tensor1d([2, 0], 'int32');
      const [x, shift] = [
        tf.tensor2d([
          [1, 2, 3],
          [4, 5, 6],
        ]),
        tf.tensor2d([[-7], [0.5]]),
      ];
      close(values(addToTarget(x, labels, shift)), [1, 2, -4, 4.5, 5, 6]);
      const weights = tf.tensor2d([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      const [dx, dShift] = tf.grads((x: tf.Tensor, shift: tf.Tensor) =>
        tf.sum(tf.mul(addToTarget(x as tf.Tensor2D, labels, shift), weights)),
      )([x, shift]);
      close(values(dx), values(weights));
      close(values(dShift), [3, 4]);
    });
  });
});

test('keeps a backend’s own kernels', () => {
  const kernelFunc: tf.KernelFunc = () => [];
  tf.registerKernel({ kernelName: PRELU_GRADIENT, backendName: 'with-its-own', kernelFunc });
  registerComposedKernels('with-its-own');
  registerComposedKernels('with-its-own');
  expect(tf.getKernel(PRELU_GRADIENT, 'with-its-own').kernelFunc).toBe(kernelFunc);
  for (const name of [
    BATCH_NORM_TRAINING,
    BATCH_NORM_TRAINING_GRADIENT,
    SOFTMAX_CROSS_ENTROPY,
    SOFTMAX_CROSS_ENTROPY_GRADIENT,
    TARGET_ENTRY,
    ADD_TO_TARGET,
  ])
    expect(tf.getKernel(name, 'with-its-own'), name).toBeDefined();
});
