/**
 * The wasm engine passes the suite that all engines pass, does not interfere with another engine, and does not leak
 * memory.
 */
import { cpu } from '@facewright/backend-cpu';
import { hostScalar, hostTensor, withTfBackend, type Engine, type StepFunction } from '@facewright/core';
import { testBackend, testContext } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { wasm } from './index.js';

testBackend(wasm());

const open = async (plugin: ReturnType<typeof wasm>): Promise<Engine> => (await plugin.create(testContext())).open();

test('probing loads nothing and reports SIMD', async () => {
  expect(await (await wasm().create(testContext())).probe()).toEqual({
    usable: true,
    device: expect.stringMatching(/^wasm SIMD/),
  });
});

/** One step of gradient descent on ‖x·w − 1‖², including a convolution. */
const descend: StepFunction = ({ w }, { x }) => {
  const { value, grads } = tf.valueAndGrads((w: tf.Tensor) =>
    tf.mean(tf.square(tf.sub(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 1), 1))),
  )([w]);
  return { state: { w: tf.sub(w, tf.mul(grads[0], 0.05)) }, outputs: { loss: value } };
};
const x = hostTensor(
  [2, 6, 6, 3],
  Float32Array.from({ length: 216 }, (_, i) => Math.sin(i)),
);
const state = {
  w: hostTensor(
    [3, 3, 3, 4],
    Float32Array.from({ length: 108 }, (_, i) => 0.3 * Math.cos(i)),
  ),
};

describe('two engines in one process', () => {
  test('do not interfere, whether called in turn or concurrently', async () => {
    const alone = await open(wasm());
    const reference = alone.compile(descend, { state });
    const losses: number[] = [];
    for (let i = 0; i < 6; i++) losses.push((await reference.run({ x })).loss.data[0]);

    const [first, second, third] = [await open(wasm()), await open(cpu()), await open(wasm())];
    const executables = [first, second, third].map((engine) => engine.compile(descend, { state }));
    for (let i = 0; i < 3; i++) {
      for (const executable of executables)
        expect((await executable.run({ x })).loss.data[0]).toBeCloseTo(losses[i], 5);
    }
    for (let i = 3; i < 6; i++) {
      const together = await Promise.all(executables.map((executable) => executable.run({ x })));
      for (const { loss } of together) expect(loss.data[0]).toBeCloseTo(losses[i], 5);
    }
    await first.dispose();
    expect((await executables[2].run({ x })).loss.data[0]).toBeLessThan(losses[5]); // the other engine on the same module continues
    await Promise.all([alone, second, third].map((engine) => engine.dispose()));
  });
});

test('memory does not grow over steps', async () => {
  const engine = await open(wasm());
  const executable = engine.compile(descend, { state });
  const heap = (): number =>
    withTfBackend('wasm', () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length);
  const small = { x };
  const large = { x: hostTensor([64, 32, 32, 3], new Float32Array(64 * 32 * 32 * 3).fill(0.1)) };
  for (let i = 0; i < 3; i++) await executable.run(large);
  const before = { heap: heap(), tensors: tf.memory().numTensors };
  for (let i = 0; i < 20; i++) await executable.run(i % 2 ? small : large);
  expect({ heap: heap(), tensors: tf.memory().numTensors }).toEqual(before);
  await engine.dispose();
  await expect(executable.run({ x })).rejects.toThrow(/disposed/);
});

test('a failing step restores the previous backend', async () => {
  const engine = await open(wasm());
  const before = tf.engine().backendName;
  const executable = engine.compile(() => {
    throw new Error('on purpose');
  });
  await expect(executable.run({ a: hostScalar(1) })).rejects.toThrow('on purpose');
  expect(tf.engine().backendName).toBe(before);
  await engine.dispose();
});
