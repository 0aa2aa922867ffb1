/**
 * The three nets of MTCNN (Zhang et al., arXiv 1604.02878) as pure steps over tfjs-core: state in, `images` in, `outputs` out.
 * Pixels are RGB, (v − 127.5) / 128.
 */
import * as tf from '@tensorflow/tfjs-core';
import { prelu, type Engine, type Executable, type HostTensors, type StepFunction } from '@facewright/core';
import { blockedNet } from './blocked-nets.js';
import type { NetName } from './layout.js';
import { answersOf, bias, channelsLast, pooled, POOLS, slopes } from './net-parts.js';

/** Sides of the images that the second and the third net take. */
export const RNET_SIDE = 24;
export const ONET_SIDE = 48;
/** Numbers in an answer: face logit, four offsets, and ten point coordinates for O-Net. */
export const PROPOSAL_WIDTH = 5;
export const ONET_WIDTH = 15;
/** P-Net looks at squares of 12 pixels, 2 pixels apart. */
export const CELL = 12;
export const STRIDE = 2;

/** P-Net's images come as one plane in which each row of the image is three, one a channel. */
const rowsTogether = (plane: tf.Tensor): tf.Tensor4D => {
  const [count, , rows, width] = plane.shape;
  return tf.transpose(tf.reshape<tf.Rank.R4>(plane, [count, rows / 3, 3, width]), [0, 1, 3, 2]);
};

/**
 * images: for P-Net [1, 1, 3 h, w], for the others [n, 3, h, w] → answers: P-Net [1, ⌈(h − 2) / 2⌉ − 4, ⌈(w − 2) / 2⌉ − 4, 5], R-Net (24 × 24) [n, 5],
 * O-Net (48 × 48) [n, 15].
 */
const plainStep =
  (name: NetName): StepFunction =>
  (state, { images }) => {
    let x = name === 'pnet' ? rowsTogether(images) : channelsLast(images);
    POOLS[name].forEach((pool, index) => {
      const layer = `conv${index + 1}`;
      x = pooled(
        prelu(
          bias(tf.conv2d(x, state[`${layer}/kernel`] as tf.Tensor4D, 1, 'valid'), state, layer),
          slopes(state, layer),
        ),
        pool,
      );
    });
    return { outputs: { answers: answersOf(x, state) } };
  };

/** The nets on an engine: P-Net for images of any height and width, the others for any number of crops. */
export function compileNets(
  engine: Engine,
  tensors: Readonly<Record<NetName, HostTensors>>,
): Readonly<Record<NetName, Executable>> {
  const compiled = (name: NetName, openAxes: readonly number[]): Executable => {
    const { step, state } =
      engine.layout === 'planes' ? blockedNet(name, tensors[name]) : { step: plainStep(name), state: tensors[name] };
    return engine.compile(step, {
      name: `mtcnn/${name}`,
      state,
      dynamicAxes: { images: openAxes },
      inputsStay: true,
      outputsGo: true,
    });
  };
  return { pnet: compiled('pnet', [2, 3]), rnet: compiled('rnet', [0]), onet: compiled('onet', [0]) };
}
