/**
 * Training on the CPU plugin: memory stays level, a kill and resume change no bit, bfloat16, and several devices
 * against one.
 */
import { readdirSync } from 'node:fs';
import {
  batchNormTraining,
  hostScalar,
  hostTensor,
  softmaxCrossEntropy,
  type Engine,
  type HostTensors,
  type StepFunction,
} from '@facewright/core';
import { testMixedPrecision } from '@facewright/test/mixed-precision';
import { numbers } from '@facewright/test/reference';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { cpuPlugin, openCpu } from '../test/cpu-plugin.js';

const here = await cpuPlugin();
const path = 'path' in here ? here.path : '';
const CLASSES = 32;

/** A dense layer, batch norm and a head: small, but with everything that sharding a batch affects. */
const STATE: HostTensors = {
  dense: numbers([6, 16], 1),
  gamma: hostTensor([16], new Float32Array(16).fill(1)),
  beta: numbers([16], 2),
  head: numbers([16, CLASSES], 3),
};
const NAMES = Object.keys(STATE);
const step: StepFunction = (state, { x, labels, rate }) => {
  const { value, grads } = tf.valueAndGrads((...[dense, gamma, beta, head]: tf.Tensor[]) => {
    const hidden = tf.matMul(x as tf.Tensor2D, dense as tf.Tensor2D);
    const normal = tf.relu(batchNormTraining(hidden, gamma as tf.Tensor1D, beta as tf.Tensor1D).y);
    return tf.mean(softmaxCrossEntropy(tf.matMul(normal, head) as tf.Tensor2D, labels as tf.Tensor1D));
  })(NAMES.map((name) => state[name]));
  return {
    state: Object.fromEntries(NAMES.map((name, i) => [name, tf.sub(state[name], tf.mul(grads[i], rate))])),
    outputs: { loss: value },
  };
};
const batch = (seed: number, n = 16): HostTensors => ({
  x: numbers([n, 6], seed),
  labels: hostTensor(
    [n],
    Int32Array.from({ length: n }, (_, i) => (i * 5 + seed) % CLASSES),
  ),
  rate: hostScalar(0.1),
});

/** Losses and final state of steps `from` to `to`. */
async function trained(engine: Engine, state: HostTensors, from: number, to: number) {
  const executable = engine.compile(step, { state });
  const losses: number[] = [];
  for (let i = from; i < to; i++) losses.push((await executable.run(batch(i + 1))).loss.data[0]);
  const last = await executable.readState();
  executable.dispose();
  return { losses, state: last };
}

const worst = (a: HostTensors, b: HostTensors): number =>
  Math.max(
    ...Object.keys(a).flatMap((name) => Array.from(a[name].data, (value, i) => Math.abs(value - b[name].data[i]))),
  );

describe.skipIf('missing' in here)('training', () => {
  test('memory stays level over thousands of steps, reads and writes', async () => {
    const engine = await openCpu(path);
    const executable = engine.compile(step, { state: STATE });
    const given = batch(1);
    const used: number[] = [];
    for (let i = 0; i < 4000; i++) {
      await executable.run(given);
      if (i % 100 === 0) await executable.writeState(await executable.readState());
      if (i % 1000 === 999) used.push(process.memoryUsage().rss / 2 ** 20);
    }
    // a step that leaked one of its 4 kB buffers would show as 8 MB in each thousand, the JavaScript heap only in some
    const grown = [1, 2, 3].map((part) => used[part] - used[part - 1]);
    expect(Math.min(...grown), `MiB after each thousand steps: ${used.map(Math.round).join(', ')}`).toBeLessThan(6);
    await engine.dispose();
  });

  test('a flag that the plugin does not know is left out if it is optional, and an error if it is not', async () => {
    const unknown = { xla_no_such_flag: 'anything' };
    const double: StepFunction = (_, { x }) => ({ outputs: { y: tf.mul(x, 2) } });
    const given = { x: hostTensor([2], Float32Array.of(1, 2)) };
    const engine = await openCpu(path, 1, { optionalFlags: unknown });
    expect((await engine.compile(double).run(given)).y.data).toEqual(Float32Array.of(2, 4));
    await engine.dispose();
    const strict = await openCpu(path, 1, { flags: unknown });
    await expect(strict.compile(double).run(given)).rejects.toThrow(/xla_no_such_flag/);
    await strict.dispose();
  });

  test.runIf(process.platform === 'linux')('opening and closing engines leaves no client behind', async () => {
    // a client has a thread pool that ends with it; process memory also includes garbage of other tests
    const threads: number[] = [];
    for (let i = 0; i < 8; i++) {
      const engine = await openCpu(path, 2);
      const executable = engine.compile((_, { x }) => ({ outputs: { y: tf.mul(x, 2) } }));
      await executable.run({ x: hostTensor([8], new Float32Array(8)) });
      threads.push(readdirSync('/proc/self/task').length);
      await engine.dispose();
      threads.push(readdirSync('/proc/self/task').length);
    }
    expect(threads.at(-1), `threads while open and once closed: ${threads.join(', ')}`).toBeLessThanOrEqual(threads[3]);
  });

  test.each([1, 4])('on %i devices, continuing from a state that was read changes no bit', async (devices) => {
    const engine = await openCpu(path, devices);
    const whole = await trained(engine, STATE, 0, 12);
    const half = await trained(engine, STATE, 0, 6);
    await engine.dispose();
    const other = await openCpu(path, devices);
    const rest = await trained(other, half.state, 6, 12);
    await other.dispose();
    expect([...half.losses, ...rest.losses]).toEqual(whole.losses);
    expect(rest.state).toEqual(whole.state);
  });

  test('four devices compute the same as one, and a state can move between them', async () => {
    const [one, four] = [await openCpu(path), await openCpu(path, 4)];
    const [a, b] = [await trained(one, STATE, 0, 10), await trained(four, STATE, 0, 10)];
    a.losses.forEach((loss, i) => expect(Math.abs(loss - b.losses[i])).toBeLessThan(2e-6));
    expect(worst(a.state, b.state)).toBeLessThan(2e-6);
    const moved = await trained(four, a.state, 10, 15);
    const stayed = await trained(one, a.state, 10, 15);
    moved.losses.forEach((loss, i) => expect(Math.abs(loss - stayed.losses[i])).toBeLessThan(2e-6));
    await one.dispose();
    await four.dispose();
  });

  test('class centres sharded over four devices: the same numbers, and the state is whole when it is read', async () => {
    const [one, four] = [await openCpu(path), await openCpu(path, 4, { largestWhole: 4 * 16 * CLASSES - 1 })];
    const [a, b] = [await trained(one, STATE, 0, 8), await trained(four, STATE, 0, 8)];
    expect(b.state.head.shape).toEqual([16, CLASSES]);
    a.losses.forEach((loss, i) => expect(Math.abs(loss - b.losses[i])).toBeLessThan(2e-6));
    expect(worst(a.state, b.state)).toBeLessThan(2e-6);
    const bytes = async (engine: Engine): Promise<number> =>
      (await engine.memoryOf!(step, { state: STATE, inputs: batch(1) })).bytes;
    const whole = await openCpu(path, 4);
    expect(await bytes(four), 'each device has a quarter of the centres').toBeLessThan(await bytes(whole));
    for (const engine of [one, four, whole]) await engine.dispose();
  });

  test("with per-device statistics, batch norm uses each device's part", async () => {
    const four = await openCpu(path, 4, { statistics: 'device' });
    const one = await openCpu(path);
    const norm = async (engine: Engine, x: HostTensors[string]) =>
      await engine
        .compile((_, { x }) => {
          const unit = [tf.ones([6]), tf.zeros([6])] as [tf.Tensor1D, tf.Tensor1D];
          const y = batchNormTraining(x, ...unit);
          const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.mul(batchNormTraining(x, ...unit).y, x))))(x);
          return { outputs: { y: y.y, mean: y.mean, gradient } };
        })
        .run({ x });
    const whole = batch(1).x;
    const got = await norm(four, whole);
    for (let device = 0; device < 4; device++) {
      const part = hostTensor([4, 6], whole.data.slice(device * 24, device * 24 + 24) as Float32Array<ArrayBuffer>);
      const right = await norm(one, part);
      for (const name of ['y', 'gradient'])
        right[name].data.forEach((value, i) => expect(got[name].data[device * 24 + i]).toBeCloseTo(value, 4));
    }
    const together = await norm(one, whole);
    expect(worst({ mean: got.mean }, { mean: together.mean })).toBeLessThan(1e-6);
    expect(worst({ y: got.y }, { y: together.y })).toBeGreaterThan(0.05);
    await one.dispose();
    await four.dispose();
  });

  test("a step's memory is known before it runs, and grows with its batch", async () => {
    const engine = await openCpu(path);
    const bytes = async (n: number): Promise<number> =>
      (await engine.memoryOf!(step, { state: STATE, inputs: batch(1, n) })).bytes;
    const [few, many] = [await bytes(16), await bytes(4096)];
    expect(few).toBeGreaterThan(4 * (6 * 16 + 16 + 16 + 16 * CLASSES + 16 * 7 + 1));
    expect(many).toBeGreaterThan(4096 * 4 * (6 + 16));
    expect(engine.peakBytes!(), 'a CPU does not count').toBeUndefined();
    await engine.dispose();
  });

  describe('bfloat16', () =>
    testMixedPrecision({
      open: (precision) => openCpu(path, 1, { precision: precision === 'float32' ? 'float32' : 'bfloat16' }),
      precision: 'bfloat16',
      epsilon: 2 ** -9,
    }));
});

test.skipIf(!('missing' in here))(`training (skipped: ${'missing' in here ? here.missing : ''})`, () => {});
