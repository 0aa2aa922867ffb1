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

const slopes = (state: State, layer: string): tf.Tensor1D => state[`${layer}/slopes`] as tf.Tensor1D;

const convolution = (x: tf.Tensor4D, state: State, layer: string): tf.Tensor4D =>
  prelu(bias(tf.conv2d(x, state[`${layer}/kernel`] as tf.Tensor4D, 1, 'valid'), state, layer), slopes(state, layer));

/** The fully connected layers of R- and O-Net. */
function classified(x: tf.Tensor4D, state: State): tf.Tensor2D {
  const [count, height, width, channels] = x.shape;
  const flat = tf.reshape<tf.Rank.R2>(x, [count, height * width * channels]);
  const hidden = prelu(bias(tf.matMul(flat, state['dense/kernel'] as tf.Tensor2D), state, 'dense'), slopes(state, 'dense'));
  return bias(tf.matMul(hidden, state['heads/kernel'] as tf.Tensor2D), state, 'heads');
}

/** images [1, h, w, 3] → answers [1, ⌈(h − 2) / 2⌉ − 4, ⌈(w − 2) / 2⌉ − 4, 5]. */
const pnet: StepFunction = (state, { images }) => {
  let x = convolution(images as tf.Tensor4D, state, 'conv1');
  x = tf.maxPool(x, 2, 2, 'same');
  x = convolution(x, state, 'conv2');
  x = convolution(x, state, 'conv3');
  return { outputs: { answers: bias(tf.conv2d(x, state['heads/kernel'] as tf.Tensor4D, 1, 'valid'), state, 'heads') } };
};

/** images [n, 24, 24, 3] → answers [n, 5]. */
const rnet: StepFunction = (state, { images }) => {
  let x = convolution(images as tf.Tensor4D, state, 'conv1');
  x = tf.maxPool(x, 3, 2, 'same');
  x = convolution(x, state, 'conv2');
  x = tf.maxPool(x, 3, 2, 'valid');
  x = convolution(x, state, 'conv3');
  return { outputs: { answers: classified(x, state) } };
};

/** images [n, 48, 48, 3] → answers [n, 15]. */
const onet: StepFunction = (state, { images }) => {
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
  return {
    pnet: engine.compile(pnet, { name: 'mtcnn/pnet', state: tensors.pnet, dynamicAxes: { images: [1, 2] } }),
    rnet: engine.compile(rnet, { name: 'mtcnn/rnet', state: tensors.rnet, dynamicAxes: { images: [0] } }),
    onet: engine.compile(onet, { name: 'mtcnn/onet', state: tensors.onet, dynamicAxes: { images: [0] } }),
  };
}
