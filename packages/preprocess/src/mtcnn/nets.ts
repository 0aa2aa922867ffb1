/**
 * The three MTCNN networks (Zhang et al., arXiv 1604.02878) as pure steps over tfjs-core: state and `images` in,
 * `outputs` out. Pixels are RGB, (v − 127.5) / 128.
 */
import * as tf from '@tensorflow/tfjs-core';
import { prelu, type Engine, type Executable, type HostTensors, type StepFunction } from '@facewright/core';
import { blockedNet } from './blocked-nets.js';
import type { NetName } from './layout.js';
import { answersOf, bias, channelsLast, pooled, POOLS, slopes } from './net-parts.js';

/** Input sides of the second and third network. */
export const RNET_SIDE = 24;
export const ONET_SIDE = 48;
/** Numbers per result: face logit, four offsets, and for O-Net ten landmark coordinates. */
export const PROPOSAL_WIDTH = 5;
export const ONET_WIDTH = 15;
/** P-Net looks at squares of 12 pixels, 2 pixels apart. */
export const CELL = 12;
export const STRIDE = 2;

/** P-Net's input is one plane in which each image row is three rows, one per channel. */
const rowsTogether = (plane: tf.Tensor): tf.Tensor4D => {
  const [count, , rows, width] = plane.shape;
  return tf.transpose(tf.reshape<tf.Rank.R4>(plane, [count, rows / 3, 3, width]), [0, 1, 3, 2]);
};

/**
 * Input `images`: [1, 1, 3 h, w] for P-Net, [n, 3, h, w] for the others. Output: P-Net [1, ⌈(h − 2) / 2⌉ − 4, ⌈(w − 2)
 * / 2⌉ − 4, 5], R-Net (24 × 24) [n, 5], O-Net (48 × 48) [n, 15].
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

/** Compiles the networks on an engine: P-Net for images of any height and width, the others for any number of crops. */
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
