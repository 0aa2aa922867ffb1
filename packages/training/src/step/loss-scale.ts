/**
 * Dynamic loss scaling (Micikevicius et al., arXiv 1710.03740, section 3.2). Float16 gradients below 6e-8 vanish, so
 * the backward pass uses the loss times a power of two, and the gradients are divided by it in float32. On overflow the
 * update is skipped and the scale halved; after enough consecutive updates it doubles. `scaler/scale` and `scaler/good`
 * are part of the training state, so that resuming is exact.
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

/** The entries of a state that do not belong to the scaler. */
export const withoutScaler = <T>(state: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !isScaler(name)));
export const onlyScaler = <T>(state: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(state).filter(([name]) => isScaler(name)));

/** The scaler after a step, depending on whether its gradients were finite. */
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
 * Whether a step was skipped because its scaled gradients overflowed: the loss is finite but the gradient is not. At a
 * scale of 1 there is nothing to lower, so such a step is truly bad.
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
