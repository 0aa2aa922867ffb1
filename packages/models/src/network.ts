/** The initial state of a network of blocks, and its output as a pure function of that state. */
import {
  batchNormTraining,
  filled,
  hostTensor,
  prelu,
  type HostTensor,
  type InitialState,
  type Mode,
  type Random,
  type State,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { kernelShape, type Block, type ConvLayer } from './layers.js';

/** Initial PReLU slope (He et al., arXiv 1502.01852). */
const FIRST_SLOPE = 0.25;

/** Gain that preserves the deviation of normal values through each activation (He et al., eqs. 10 and 15). */
const GAIN: Readonly<Record<ConvLayer['activation'], number>> = {
  linear: 1,
  relu: Math.SQRT2,
  relu6: Math.SQRT2,
  prelu: Math.sqrt(2 / (1 + FIRST_SLOPE ** 2)),
};

/**
 * Kernels from a normal distribution with variance gain² / fan-out (He et al.), where the fan-out of a depthwise kernel
 * is its area; gamma 1, beta 0, bias 0, slope 0.25, running mean 0 and variance 1. Every kernel has its own random
 * stream, named by its path, so adding or removing a layer does not change how the others start.
 */
export function initNetwork(blocks: readonly Block[], random: Random): InitialState {
  const params: Record<string, HostTensor> = {};
  const statistics: Record<string, HostTensor> = {};
  for (const layer of blocks.flatMap((block) => block.layers)) {
    const channels = [layer.outputs];
    const kernel = `${layer.name}/kernel`;
    params[kernel] = drawKernel(layer, random.fork(kernel));
    if (layer.bias) params[`${layer.name}/bias`] = filled(channels, 0);
    params[`${layer.name}/gamma`] = filled(channels, 1);
    params[`${layer.name}/beta`] = filled(channels, 0);
    if (layer.activation === 'prelu') params[`${layer.name}/slope`] = filled(channels, FIRST_SLOPE);
    statistics[`${layer.name}/mean`] = filled(channels, 0);
    statistics[`${layer.name}/variance`] = filled(channels, 1);
  }
  return { params, statistics };
}

function drawKernel(layer: ConvLayer, random: Random): HostTensor {
  const shape = kernelShape(layer);
  const fanOut = layer.kernel[0] * layer.kernel[1] * (layer.depthwise ? (layer.perGroup ?? 1) : layer.outputs);
  const deviation = GAIN[layer.activation] / Math.sqrt(fanOut);
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
  for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
  return hostTensor(shape, data);
}

export interface NetworkStep {
  readonly params: State;
  readonly statistics: State;
  readonly mode: Mode;
  /** Share of the old running statistics that a training step keeps. */
  readonly momentum: number;
}

/**
 * `images` [n, h, w, channels]. Returns the last block's output [n, h', w', channels'] and the running statistics,
 * updated in `train` mode.
 */
export function applyNetwork(
  blocks: readonly Block[],
  images: tf.Tensor4D,
  step: NetworkStep,
): { output: tf.Tensor4D; statistics: State } {
  const changed: Record<string, tf.Tensor> = {};
  let x = images;
  for (const { layers, shortcut } of blocks) {
    const entry = x;
    for (const layer of layers) x = applyLayer(layer, x, step, changed);
    if (shortcut) x = tf.add(x, entry);
  }
  return { output: x, statistics: step.mode === 'train' ? changed : step.statistics };
}

function applyLayer(
  layer: ConvLayer,
  input: tf.Tensor4D,
  step: NetworkStep,
  changed: Record<string, tf.Tensor>,
): tf.Tensor4D {
  const parameter = <T extends tf.Tensor>(name: string): T => step.params[`${layer.name}/${name}`] as T;
  let x = convolve(layer, input, parameter('kernel'));
  if (layer.bias) x = tf.add(x, parameter('bias'));
  x = normalise(layer, x, parameter('gamma'), parameter('beta'), step, changed);
  switch (layer.activation) {
    case 'prelu':
      return prelu(x, parameter('slope'));
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'linear':
      return x;
  }
}

function convolve(
  { stride, padding, depthwise, perGroup = 1 }: ConvLayer,
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
): tf.Tensor4D {
  const pad: tf.backend_util.ExplicitPadding | 'valid' = padding
    ? [
        [0, 0],
        [padding, padding],
        [padding, padding],
        [0, 0],
      ]
    : 'valid';
  if (!depthwise) return tf.conv2d(x, kernel, stride, pad);
  const parts = tf.depthwiseConv2d(x, kernel, stride, pad);
  return perGroup === 1 ? parts : sumInGroups(parts, perGroup);
}

/**
 * Sums [n, h, w, groups · inputs · outputs] over each group's inputs: [n, h, w, groups · outputs]. A group has as many
 * inputs as outputs.
 */
function sumInGroups(parts: tf.Tensor4D, perGroup: number): tf.Tensor4D {
  const [images, height, width, channels] = parts.shape;
  const outputs = channels / perGroup;
  // pixels and groups share one axis, because some backends can only sum tensors of up to four dimensions
  const split = tf.reshape(parts, [images, (height * width * outputs) / perGroup, perGroup, perGroup]);
  return tf.reshape(tf.sum(split, 2), [images, height, width, outputs]);
}

function normalise(
  layer: ConvLayer,
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { statistics, mode, momentum }: NetworkStep,
  changed: Record<string, tf.Tensor>,
): tf.Tensor4D {
  const meanName = `${layer.name}/mean`;
  const varianceName = `${layer.name}/variance`;
  const runningMean = statistics[meanName] as tf.Tensor1D;
  const runningVariance = statistics[varianceName] as tf.Tensor1D;
  if (mode === 'infer') return tf.batchNorm(x, runningMean, runningVariance, beta, gamma, layer.epsilon) as tf.Tensor4D;

  const batch = batchNormTraining(x, gamma, beta, layer.epsilon);
  // the running variance is unbiased (as in PyTorch and Keras); the batch itself is normalised with the biased one
  const values = x.size / layer.outputs;
  const unbiased = values > 1 ? values / (values - 1) : 1;
  changed[meanName] = tf.add(tf.mul(runningMean, momentum), tf.mul(batch.mean, 1 - momentum));
  changed[varianceName] = tf.add(tf.mul(runningVariance, momentum), tf.mul(batch.variance, (1 - momentum) * unbiased));
  return batch.y;
}
