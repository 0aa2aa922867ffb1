/**
 * Dynamic loss scaling (Micikevicius et al., arXiv 1710.03740, section 3.2): float16 gradients below 6e-8 vanish, so backward goes over the loss
 * times a power of two, and the gradients are divided by it in float32. Where one overflows, the update is left out and the scale halved; after so
 * many updates in a row it is doubled. Part of the training's state, so that a training goes on exactly: `scaler/scale` and `scaler/good`.
 */
import { hostScalar, type HostTensors, type LossScaling, type State } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';

export const SCALE = 'scaler/scale';
/** Updates since the scale last changed. */
export const GOOD = 'scaler/good';
const SMALLEST = 1;
const LARGEST = 2 ** 24;

export const isScaler = (name: string): boolean => name === SCALE || name === GOOD;

export const firstScale = ({ initial }: LossScaling): HostTensors => ({
  [SCALE]: hostScalar(initial),
  [GOOD]: hostScalar(0),
});

/** The entries of a state that are not the scaler's. */
export const withoutScaler = <T>(state: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !isScaler(name)));
export const onlyScaler = <T>(state: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(state).filter(([name]) => isScaler(name)));

/** The scaler after a step whose gradients were finite, or not. */
export function nextScale(state: State, finite: tf.Tensor, { growAfter }: LossScaling): State {
  const [scale, good] = [state[SCALE], tf.add(state[GOOD], 1)];
  const grows = tf.greaterEqual(good, growAfter);
  const grown = tf.where(grows, tf.minimum(tf.mul(scale, 2), LARGEST), scale);
  return {
    [SCALE]: tf.where(finite, grown, tf.maximum(tf.div(scale, 2), SMALLEST)),
    [GOOD]: tf.where(finite, tf.where(grows, tf.zerosLike(good), good), tf.zerosLike(good)),
  };
}

/**
 * Whether a step was left out because its scaled gradients overflowed: its loss is a number and its gradient is not. At a scale of 1 there is
 * nothing to lower, and such a step has really gone wrong.
 */
export const isOverflow = ({
  loss,
  gradientNorm,
  lossScale,
}: {
  loss: number;
  gradientNorm: number;
  lossScale?: number;
}): boolean =>
  lossScale !== undefined && lossScale > SMALLEST && Number.isFinite(loss) && !Number.isFinite(gradientNorm);
