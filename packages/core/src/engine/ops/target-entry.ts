/**
 * Reads and changes the entry of each row at its label without a one-hot matrix. With 100,000 identities and 512
 * images, that matrix, its product and their gradients would take 205 MB each.
 *
 *   targetEntry:  y_i = x[i, label_i],                    ∂x = dy at (i, label_i), 0 elsewhere
 *   addToTarget:  y = x, y[i, label_i] += shift_i,        ∂x = dy,  ∂shift_i = dy[i, label_i]
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerComposed } from './composed.js';

export const TARGET_ENTRY = 'FacewrightTargetEntry';
export const ADD_TO_TARGET = 'FacewrightAddToTarget';

const entries = (x: tf.Tensor, labels: tf.Tensor): tf.Tensor =>
  tf.engine().runKernel(TARGET_ENTRY, { x, labels }) as tf.Tensor;
const added = (x: tf.Tensor, labels: tf.Tensor, shift: tf.Tensor): tf.Tensor =>
  tf.engine().runKernel(ADD_TO_TARGET, { x, labels, shift }) as tf.Tensor;

/** `x` [n, classes], `labels` [n] int32 in [0, classes); gives [n, 1]. */
export function targetEntry(x: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor2D {
  const { shape } = x;
  const op = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([labels]); // otherwise labels created inside the step would be disposed of before the gradient runs
    return {
      value: entries(x as tf.Tensor, labels),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => added(tf.zeros(shape), saved[0], dy),
    };
  });
  return op(x) as tf.Tensor2D;
}

/** `x` [n, classes] with `shift` [n, 1] added at `labels` [n], int32 in [0, classes). */
export function addToTarget(x: tf.Tensor2D, labels: tf.Tensor1D, shift: tf.Tensor): tf.Tensor2D {
  const op = tf.customGrad((x, shift, save) => {
    (save as tf.GradSaveFunc)([labels]);
    return {
      value: added(x as tf.Tensor, labels, shift as tf.Tensor),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [dy, entries(dy, saved[0])],
    };
  });
  return op(x, shift) as tf.Tensor2D;
}

/** (i, label_i) for each row, [n, 2]. */
const places = (labels: tf.Tensor): tf.Tensor2D =>
  tf.stack([tf.range(0, labels.shape[0], 1, 'int32'), tf.cast(labels, 'int32')], 1) as tf.Tensor2D;

export function registerTargetEntry(tfBackend: string): void {
  registerComposed(TARGET_ENTRY, tfBackend, ({ x, labels }) => tf.reshape(tf.gatherND(x, places(labels)), [-1, 1]));
  registerComposed(ADD_TO_TARGET, tfBackend, ({ x, labels, shift }) =>
    tf.add(x, tf.scatterND(places(labels), tf.reshape(shift, [-1]), x.shape as [number, number])),
  );
}
