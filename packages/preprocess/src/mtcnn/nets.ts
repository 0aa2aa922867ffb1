/**
 * The three nets of MTCNN (Zhang et al., arXiv 1604.02878) as pure steps over tfjs-core: state in, `images` in, `outputs` out.
 * Pixels are RGB, (v − 127.5) / 128.
 */
import * as tf from '@tensorflow/tfjs-core';
import { prelu, type Engine, type Executable, type HostTensors, type State, type StepFunction } from '@facewright/core';
import type { NetName } from './layout.js';

/** Sides of the images that the second and the third net take. */
export const RNET_SIDE = 24;
export const ONET_SIDE = 48;
/** Numbers in an answer: face logit, four offsets, and ten point coordinates for O-Net. */
export const PROPOSAL_WIDTH = 5;
export const ONET_WIDTH = 15;
/** P-Net looks at squares of 12 pixels, 2 pixels apart. */
export const CELL = 12;
export const STRIDE = 2;

const bias = <T extends tf.Tensor>(x: T, state: State, layer: string): T => tf.add(x, state[`${layer}/bias`]) as T;

/**
 * PReLU as α·x + (1 − α)·max(x, 0), the slopes as depthwise convolutions: onnxruntime keeps those in its blocked layout and joins them with
 * their neighbours, where its own PReLU makes it lay the whole map out anew and back. The values differ by rounding alone.
 */
function depthwisePrelu(x: tf.Tensor4D, alpha: tf.Tensor1D): tf.Tensor4D {
  const filter = (slopes: tf.Tensor1D): tf.Tensor4D => tf.reshape(slopes, [1, 1, slopes.shape[0], 1]);
  return tf.add(tf.depthwiseConv2d(x, filter(alpha), 1, 'valid'), tf.depthwiseConv2d(tf.relu(x), filter(tf.sub(1, alpha)), 1, 'valid'));
}

const slopes = (state: State, layer: string): tf.Tensor1D => state[`${layer}/slopes`] as tf.Tensor1D;

type Convolution = (x: tf.Tensor4D, state: State, layer: string) => tf.Tensor4D;

const convolutionWith = (activation: (x: tf.Tensor4D, alpha: tf.Tensor1D) => tf.Tensor4D): Convolution => (x, state, layer) =>
  activation(bias(tf.conv2d(x, state[`${layer}/kernel`] as tf.Tensor4D, 1, 'valid'), state, layer), slopes(state, layer));

/** The fully connected layers of R- and O-Net. */
function classified(x: tf.Tensor4D, state: State): tf.Tensor2D {
  const [count, height, width, channels] = x.shape;
  const flat = tf.reshape<tf.Rank.R2>(x, [count, height * width * channels]);
  const hidden = prelu(bias(tf.matMul(flat, state['dense/kernel'] as tf.Tensor2D), state, 'dense'), slopes(state, 'dense'));
  return bias(tf.matMul(hidden, state['heads/kernel'] as tf.Tensor2D), state, 'heads');
}

/** images [1, h, w, 3] → answers [1, ⌈(h − 2) / 2⌉ − 4, ⌈(w − 2) / 2⌉ − 4, 5]. */
const pnet = (convolution: Convolution): StepFunction => (state, { images }) => {
  let x = convolution(images as tf.Tensor4D, state, 'conv1');
  x = tf.maxPool(x, 2, 2, 'same');
  x = convolution(x, state, 'conv2');
  x = convolution(x, state, 'conv3');
  return { outputs: { answers: bias(tf.conv2d(x, state['heads/kernel'] as tf.Tensor4D, 1, 'valid'), state, 'heads') } };
};

/** images [n, 24, 24, 3] → answers [n, 5]. */
const rnet = (convolution: Convolution): StepFunction => (state, { images }) => {
  let x = convolution(images as tf.Tensor4D, state, 'conv1');
  x = tf.maxPool(x, 3, 2, 'same');
  x = convolution(x, state, 'conv2');
  x = tf.maxPool(x, 3, 2, 'valid');
  x = convolution(x, state, 'conv3');
  return { outputs: { answers: classified(x, state) } };
};

/** images [n, 48, 48, 3] → answers [n, 15]. */
const onet = (convolution: Convolution): StepFunction => (state, { images }) => {
  let x = convolution(images as tf.Tensor4D, state, 'conv1');
  x = tf.maxPool(x, 3, 2, 'same');
  x = convolution(x, state, 'conv2');
  x = tf.maxPool(x, 3, 2, 'valid');
  x = convolution(x, state, 'conv3');
  x = tf.maxPool(x, 2, 2, 'same');
  x = convolution(x, state, 'conv4');
  return { outputs: { answers: classified(x, state) } };
};

/** The nets on an engine: P-Net for images of any height and width, the others for any number of crops. */
export function compileNets(engine: Engine, tensors: Readonly<Record<NetName, HostTensors>>): Readonly<Record<NetName, Executable>> {
  const convolution = convolutionWith(engine.name === 'onnx' ? depthwisePrelu : prelu);
  return {
    pnet: engine.compile(pnet(convolution), { name: 'mtcnn/pnet', state: tensors.pnet, dynamicAxes: { images: [1, 2] } }),
    rnet: engine.compile(rnet(convolution), { name: 'mtcnn/rnet', state: tensors.rnet, dynamicAxes: { images: [0] } }),
    onet: engine.compile(onet(convolution), { name: 'mtcnn/onet', state: tensors.onet, dynamicAxes: { images: [0] } }),
  };
}
