/**
 * The text of a small training step, for one device of each platform and for four, so that changes to it are noticed.
 * Update with `vitest -u` and review the diff.
 */
import { capture, simplify } from '@facewright/capture';
import { batchNormTraining, prelu, softmaxCrossEntropy, type StepFunction } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { lower, type LowerOptions } from './lower.js';

const NAMES = ['kernel', 'gamma', 'beta', 'slope', 'depthwise', 'dense'];

/** conv 3×3 stride 2 → batch norm → PReLU → depthwise 3×3 → dense, and gradient descent. */
const step: StepFunction = (state, { images, labels, rate }) => {
  const { value, grads } = tf.valueAndGrads((...[kernel, gamma, beta, slope, depthwise, dense]: tf.Tensor[]) => {
    const stem = tf.conv2d(images as tf.Tensor4D, kernel as tf.Tensor4D, 2, 1);
    const normal = batchNormTraining(stem, gamma as tf.Tensor1D, beta as tf.Tensor1D).y;
    const features = tf.depthwiseConv2d(
      prelu(normal, slope as tf.Tensor1D) as tf.Tensor4D,
      depthwise as tf.Tensor4D,
      1,
      1,
    );
    const logits = tf.matMul(tf.mean(features, [1, 2]) as tf.Tensor2D, dense as tf.Tensor2D);
    return tf.mean(softmaxCrossEntropy(logits as tf.Tensor2D, labels as tf.Tensor1D));
  })(NAMES.map((name) => state[name]));
  return {
    state: Object.fromEntries(NAMES.map((name, i) => [name, tf.sub(state[name], tf.mul(grads[i], rate))])),
    outputs: { loss: value },
  };
};

const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
const graph = () =>
  simplify(
    capture(
      step,
      {
        state: {
          kernel: float(3, 3, 3, 4),
          gamma: float(4),
          beta: float(4),
          slope: float(4),
          depthwise: float(3, 3, 4, 1),
          dense: float(4, 5),
        },
        inputs: { images: float(8, 6, 6, 3), labels: { shape: [8], dtype: 'int32' }, rate: float() },
      },
      { name: 'step' },
    ),
  );

const CPU: LowerOptions = { platform: 'cpu', devices: 1, statistics: 1, precision: 'float32' };
test.each<[string, LowerOptions]>([
  ['cpu', CPU],
  ['cuda-bfloat16', { ...CPU, platform: 'cuda', precision: 'bfloat16' }],
  ['cuda-4-devices', { ...CPU, platform: 'cuda', devices: 4, statistics: 4 }],
])('%s', async (name, options) => {
  await expect(lower(graph(), options).text).toMatchFileSnapshot(`../../test/golden/${name}.mlir`);
});

test('ops shared by forward and backward are written once', () => {
  const { text } = lower(graph(), CPU);
  expect(text.match(/stablehlo\.rsqrt/g)).toHaveLength(1);
  expect(text.match(/stablehlo\.exponential /g)).toHaveLength(1);
});
