/** Checks that an engine works: a training step whose result is also computed here. */
import { FacewrightError, hostTensor, type Engine } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';

const RATE = 0.1;
const X = [
  [0.5, -1, 2],
  [1.5, 0.25, -0.75],
];
const W = [0.2, -0.3, 0.1];

/** One step of gradient descent on mean((x·w − 1)²). Throws a `FacewrightError` if the new weights are wrong. */
export async function checkTrainingStep(engine: Engine): Promise<void> {
  const executable = engine.compile(
    ({ w }, { x }) => {
      const { value, grads } = tf.valueAndGrads((w: tf.Tensor) =>
        tf.mean(tf.square(tf.sub(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), 1))),
      )([w]);
      return { state: { w: tf.sub(w, tf.mul(grads[0], RATE)) }, outputs: { loss: value } };
    },
    { name: 'check', state: { w: hostTensor([3, 1], Float32Array.from(W)) } },
  );
  try {
    const { loss } = await executable.run({ x: hostTensor([2, 3], Float32Array.from(X.flat())) });
    const { w } = await executable.readState(['w']);
    const errors = X.map((row) => row.reduce((sum, value, i) => sum + value * W[i], -1));
    const right = W.map((weight, i) => weight - RATE * errors.reduce((sum, error, row) => sum + error * X[row][i], 0)); // ∂/∂w mean(e²) = 2/2 · Σ e·x
    const rightLoss = errors.reduce((sum, error) => sum + error * error, 0) / 2;
    const close = (a: number, b: number): boolean => Math.abs(a - b) < 1e-5;
    if (!close(loss.data[0], rightLoss) || !right.every((value, i) => close(w.data[i], value))) {
      throw new FacewrightError({
        what: `A training step returned the weights ${[...w.data].join(', ')}, but ${right.join(', ')} is right.`,
        where: engine.device,
        todo: 'Use another engine, and report this.',
      });
    }
  } finally {
    executable.dispose();
  }
}
