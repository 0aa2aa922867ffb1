/** The engine in worker threads: each has its own wasm module, and all compute the same concurrently. */
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

/** Uses the built packages, as a user's worker would. */
const SCRIPT = `
  const { parentPort } = require('node:worker_threads');
  (async () => {
    const { wasm } = await import('@facewright/backend-wasm');
    const tf = await import('@tensorflow/tfjs-core');
    const engine = await (await wasm().create({})).open();
    const executable = engine.compile(({ w }, { x }) => {
      const { value, grads } = tf.valueAndGrads((w) => tf.mean(tf.square(tf.sub(tf.conv2d(x, w, 1, 1), 1))))([w]);
      return { state: { w: tf.sub(w, tf.mul(grads[0], 0.05)) }, outputs: { loss: value } };
    }, { state: { w: { shape: [3, 3, 3, 4], dtype: 'float32', data: Float32Array.from({ length: 108 }, (_, i) => Math.cos(i)) } } });
    const x = { shape: [2, 8, 8, 3], dtype: 'float32', data: Float32Array.from({ length: 384 }, (_, i) => Math.sin(i)) };
    const losses = [];
    for (let i = 0; i < 10; i++) losses.push((await executable.run({ x })).loss.data[0]);
    await engine.dispose();
    parentPort.postMessage(losses);
  })();
`;

test('two concurrent workers give the same losses', async () => {
  const run = () =>
    new Promise<number[]>((resolve, reject) => {
      const worker = new Worker(SCRIPT, { eval: true, execArgv: [] });
      worker.once('message', (losses: number[]) => void worker.terminate().then(() => resolve(losses)));
      worker.once('error', reject);
    });
  const [first, second] = await Promise.all([run(), run()]);
  expect(second).toEqual(first);
  expect(first[9]).toBeLessThan(first[0]);
});
