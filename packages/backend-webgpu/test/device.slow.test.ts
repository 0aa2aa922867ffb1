/**
 * What can happen to a device during training: it runs out of patience, vanishes or rejects a command; and that
 * training does not fill its memory.
 */
import { DeviceLost, FacewrightError, type Engine, type HostTensors, type StepFunction } from '@facewright/core';
import { numbers } from '@facewright/test/reference';
import { testContext } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { openDevice, type OpenDevice } from '../src/gpu/device.js';
import { nodeGpuSource } from '../src/gpu/node.js';
import { webgpu } from '../src/index.js';
import { adapterHere } from './adapter.js';

const missing = await adapterHere();
const MODES = ['compiled', 'eager'] as const;

/** Gradient descent on a small network with a convolution. */
const descend: StepFunction = ({ kernel, bias }, { x }) => {
  const loss = (kernel: tf.Tensor, bias: tf.Tensor): tf.Scalar =>
    tf.mean(tf.square(tf.add(tf.relu(tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same')), bias)));
  const { value, grads } = tf.valueAndGrads((kernel, bias) => loss(kernel, bias))([kernel, bias]);
  return {
    state: { kernel: tf.sub(kernel, tf.mul(grads[0], 0.01)), bias: tf.sub(bias, tf.mul(grads[1], 0.01)) },
    outputs: { loss: value },
  };
};
const state = (): HostTensors => ({ kernel: numbers([3, 3, 3, 4]), bias: numbers([4]) });
const inputs = { x: numbers([2, 6, 6, 3]) };

let engine: Engine | undefined;
const open = async (mode: (typeof MODES)[number]): Promise<Engine> =>
  (engine = await (await webgpu({ mode }).create(testContext())).open());
afterEach(() => engine?.dispose());

/** Buffers created on the device and not destroyed. */
function countBuffers({ device }: OpenDevice): () => number {
  let alive = 0;
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    let counted = true;
    alive++;
    buffer.destroy = () => {
      if (counted) alive--;
      counted = false;
      return destroy();
    };
    return buffer;
  };
  return () => alive;
}

describe.skipIf(missing)(`on an adapter${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test.each(MODES)(
    '%s: 1,000 steps do not grow memory',
    async (mode) => {
      const engine = await open(mode);
      const alive = countBuffers(await openDevice(nodeGpuSource));
      const executable = engine.compile(descend, { state: state() });
      const steps = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i++) await executable.run(inputs);
      };
      await steps(100);
      const before = { buffers: alive(), tensors: tf.memory().numTensors };
      let resident = process.memoryUsage().rss;
      const growths: number[] = [];
      for (let part = 0; part < 10; part++) {
        await steps(100);
        growths.push((process.memoryUsage().rss - resident) / 2 ** 20);
        resident = process.memoryUsage().rss;
      }
      // tfjs keeps buffers for its next ops; their number must not grow with the steps
      expect(alive() - before.buffers).toBeLessThanOrEqual(0);
      expect(tf.memory().numTensors).toBe(before.tensors);
      // a leak grows in every hundred steps, the JavaScript heap only in some
      expect(Math.min(...growths), 'MB').toBeLessThan(0.5);
      executable.dispose();
    },
    300_000,
  );

  test.each(MODES)(
    '%s: anything running on a lost device reports it, and everything works on the next one',
    async (mode) => {
      const engine = await open(mode);
      const whole = engine.compile(descend, { state: state() });
      for (let i = 0; i < 4; i++) await whole.run(inputs);
      const expected = await whole.readState();

      const first = engine.compile(descend, { state: state() });
      for (let i = 0; i < 2; i++) await first.run(inputs);
      const kept = await first.readState();
      const { device } = await openDevice(nodeGpuSource);
      const running = first.run(inputs);
      device.destroy();
      const error: unknown = await running.catch((error: unknown) => error);
      // the call may have finished before the loss; the next one cannot
      if (error instanceof Error) expect(error).toBeInstanceOf(DeviceLost);
      await expect(first.run(inputs)).rejects.toThrow(DeviceLost);
      await expect(first.readState()).rejects.toThrow(/was lost/);
      first.dispose();
      whole.dispose();

      await engine.recover!();
      const second = engine.compile(descend, { state: kept });
      for (let i = 0; i < 2; i++) await second.run(inputs);
      expect(await second.readState()).toEqual(expected);
      second.dispose();
    },
    120_000,
  );

  test('a command that the GPU rejects is an error of the call, not a wrong number', async () => {
    const engine = await open('eager');
    const { device } = await openDevice(nodeGpuSource);
    const executable = engine.compile(() => {
      device.createShaderModule({ code: 'no shader' });
      return { outputs: { y: tf.scalar(1) } };
    });
    const error: unknown = await executable
      .run({})
      .then(() => executable.run({}))
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FacewrightError);
    expect(String(error)).toContain('rejected a command');
  });
});

test('if there is no adapter, the probe says why and what to do', async () => {
  const script =
    "const { webgpu } = await import('@facewright/backend-webgpu'); const { probe } = await webgpu().create({}); console.log(JSON.stringify(await probe()));";
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' },
  });
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
    usable: false,
    reason: expect.stringContaining('no adapter'),
    remedy: expect.stringMatching(/driver/),
  });
});
