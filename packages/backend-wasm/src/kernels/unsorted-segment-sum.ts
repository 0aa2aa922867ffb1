/**
 * UnsortedSegmentSum, the gradient of `gather`: sums rows by segment, as a product with the segments' one-hot matrix.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerComposedKernel } from './register.js';

export function registerUnsortedSegmentSum(): void {
  registerComposedKernel<{ x: tf.Tensor; segmentIds: tf.Tensor1D }, { numSegments: number }>(
    tf.UnsortedSegmentSum,
    ({ x, segmentIds }, { numSegments }) => {
      const rows = tf.reshape(tf.cast(x, 'float32'), [segmentIds.size, -1]);
      const members = tf.transpose(tf.oneHot(tf.cast(segmentIds, 'int32'), numSegments, 1, 0, 'float32'));
      return tf.cast(tf.reshape(tf.matMul(members, rows), [numSegments, ...x.shape.slice(segmentIds.rank)]), x.dtype);
    },
  );
}
