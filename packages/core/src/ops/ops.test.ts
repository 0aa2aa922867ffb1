import { mkdtempSync } from 'node:fs';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { openEagerEngine, hostTensor, batchNormTraining } from '../index.js';

beforeAll(async () => { await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'js' }); });

test('batch norm gradient', async () => {
  void mkdtempSync; void hostTensor;
  const x = tf.randomNormal([4, 3]) as tf.Tensor2D;
  const g = tf.grad((x: tf.Tensor) => tf.sum(tf.square(batchNormTraining(x, tf.tensor1d([1, 2, 3]), tf.tensor1d([1, 2, 3])).y)));
  const r = await g(x).data();
  console.log(r);
  expect(r.length).toBe(12);
});
