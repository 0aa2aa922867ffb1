/** Shared by the plain and the blocked form of the MTCNN networks: pooling layers and the last layers. */
import { prelu, type State } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import type { NetName } from './layout.js';

/** Side, stride and padding of the pooling after a convolution. */
export type Pool = readonly [side: number, step: number, padding: 'same' | 'valid'];
/** The pooling after each convolution of a network. */
export const POOLS: Readonly<Record<NetName, readonly (Pool | undefined)[]>> = {
  pnet: [[2, 2, 'same'], undefined, undefined],
  rnet: [[3, 2, 'same'], [3, 2, 'valid'], undefined],
  onet: [[3, 2, 'same'], [3, 2, 'valid'], [2, 2, 'same'], undefined],
};
/** Images are planar, which compiled engines prefer; these ops need channels last. */
export const channelsLast = (planes: tf.Tensor): tf.Tensor4D => tf.transpose(planes as tf.Tensor4D, [0, 2, 3, 1]);
export const pooled = (x: tf.Tensor4D, pool: Pool | undefined): tf.Tensor4D => (pool ? tf.maxPool(x, ...pool) : x);

export const bias = <T extends tf.Tensor>(x: T, state: State, layer: string): T =>
  tf.add(x, state[`${layer}/bias`]) as T;
export const slopes = (state: State, layer: string): tf.Tensor1D => state[`${layer}/slopes`] as tf.Tensor1D;

/** From the last convolution's map to the output: a 1×1 convolution in P-Net, fully connected layers in the others. */
export function answersOf(x: tf.Tensor4D, state: State): tf.Tensor {
  if (!('dense/kernel' in state))
    return bias(tf.conv2d(x, state['heads/kernel'] as tf.Tensor4D, 1, 'valid'), state, 'heads');
  const [count, height, width, channels] = x.shape;
  const flat = tf.reshape<tf.Rank.R2>(x, [count, height * width * channels]);
  const hidden = prelu(
    bias(tf.matMul(flat, state['dense/kernel'] as tf.Tensor2D), state, 'dense'),
    slopes(state, 'dense'),
  );
  return bias(tf.matMul(hidden, state['heads/kernel'] as tf.Tensor2D), state, 'heads');
}
