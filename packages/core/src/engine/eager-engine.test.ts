/** What the eager engine does to the global tfjs engine. The backend suite tests its results. */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { openEagerEngine, withTfBackend } from './eager-engine.js';
import { hostScalar, hostTensor } from '../values/tensors.js';

let starts = 0;
beforeAll(async () => {
  tf.env().set('PROD', true); // silences the message on each backend's first write
  const kernels = tf.getKernelsForBackend('cpu');
  for (const name of ['second', 'third']) {
    tf.registerBackend(name, () => new MathBackendCPU());
    for (const kernel of kernels) tf.registerKernel({ ...kernel, backendName: name });
  }
  tf.registerBackend('slow', async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    starts++;
    return new MathBackendCPU();
  });
  for (const kernel of kernels) tf.registerKernel({ ...kernel, backendName: 'slow' });
  tf.registerBackend('failing', () => {
    throw new Error('no such device');
  });
});
beforeEach(() => tf.setBackend('cpu'));
const open = (tfBackend: string) => openEagerEngine({ name: tfBackend, tfBackend, device: 'plain JavaScript' });
const backendOf = (tensor: tf.Tensor): unknown =>
  (tf.engine() as unknown as { state: { tensorInfo: WeakMap<object, { backend: unknown }> } }).state.tensorInfo.get(
    tensor.dataId,
  )?.backend;

test('opening another engine does not change the global one', async () => {
  await open('second');
  expect(tf.getBackend()).toBe('cpu');
});

test('a step runs on its own engine, whichever one is global', async () => {
  const [second, third] = await Promise.all([open('second'), open('third')]);
  const seen: string[] = [];
  const step = (_: unknown, { x }: Readonly<Record<string, tf.Tensor>>) => {
    seen.push(tf.getBackend());
    expect(backendOf(x)).toBe(tf.backend());
    return { outputs: { y: tf.square(x) } };
  };
  const executables = [second.compile(step), third.compile(step)];
  await Promise.all([...executables, ...executables].map((executable) => executable.run({ x: hostScalar(3) })));
  expect(seen).toEqual(['second', 'third', 'second', 'third']);
  expect(tf.getBackend()).toBe('cpu');
});

test('an engine used inside another’s step restores the global one, even after errors in both', () => {
  expect(() =>
    withTfBackend('second', () => {
      expect(() =>
        withTfBackend('third', () => {
          throw new Error(`in ${tf.getBackend()}`);
        }),
      ).toThrow('in third');
      expect(tf.getBackend()).toBe('second');
      throw new Error('outer');
    }),
  ).toThrow('outer');
  expect(tf.getBackend()).toBe('cpu');
});

test('a backend that does not start or does not exist is an error and changes nothing', async () => {
  await expect(open('failing')).rejects.toThrow('the tfjs backend "failing" failed to start: no such device');
  await expect(open('no-such-backend')).rejects.toThrow(/no-such-backend/);
  expect(tf.getBackend()).toBe('cpu');
  const engine = await open('second');
  const [{ y }] = [await engine.compile((_, { x }) => ({ outputs: { y: tf.neg(x) } })).run({ x: hostScalar(2) })];
  expect([...y.data]).toEqual([-2]);
});

test('other engines run while one is starting; opening one twice at once starts it once', async () => {
  const engine = await open('second');
  const opening = Promise.all([open('slow'), open('slow')]);
  const executable = engine.compile((_, { x }) => ({ outputs: { y: tf.square(x) } }), {
    state: { held: hostScalar(1) },
  });
  expect([...(await executable.run({ x: hostScalar(3) })).y.data]).toEqual([9]);
  const [slow] = await opening;
  expect([
    ...(await slow.compile((_, { x }) => ({ outputs: { y: tf.square(x) } })).run({ x: hostScalar(4) })).y.data,
  ]).toEqual([16]);
  expect([starts, tf.getBackend()]).toEqual([1, 'cpu']);
});

test('an engine disposes of what it compiled, and calls its release once', async () => {
  let released = 0;
  const engine = await openEagerEngine({
    name: 'second',
    tfBackend: 'second',
    device: 'plain JavaScript',
    release: () => void released++,
  });
  const before = tf.memory().numTensors;
  const executable = engine.compile(({ a }) => ({ outputs: { a } }), { name: 'copy', state: { a: hostScalar(1) } });
  expect(tf.memory().numTensors).toBe(before + 1);
  await engine.dispose();
  expect([tf.memory().numTensors, released]).toEqual([before, 1]);
  await expect(executable.run({})).rejects.toThrow(/"copy" has been disposed/);
});

test('state stays on the engine: it is changed by steps, read whole or by name, and written back', async () => {
  const engine = await open('second');
  const state = { a: hostScalar(1), b: hostTensor([2], Float32Array.of(5, 6)), n: hostTensor([1], Int32Array.of(7)) };
  const executable = engine.compile(({ a }, { x }) => ({ state: { a: tf.add(a, x) }, outputs: { a } }), { state });
  expect(executable.lowering).toBe('eager');
  expect((await executable.run({ x: hostScalar(2) })).a).toEqual(hostScalar(1));
  expect((await executable.run({ x: hostScalar(2) })).a).toEqual(hostScalar(3));
  expect(await executable.readState(['a'])).toEqual({ a: hostScalar(5) });
  await executable.writeState({ a: hostScalar(-1), n: hostTensor([1], Int32Array.of(8)) });
  expect(await executable.readState()).toEqual({ ...state, a: hostScalar(-1), n: hostTensor([1], Int32Array.of(8)) });
  // values passed in still belong to the caller
  expect(state.a).toEqual(hostScalar(1));
  executable.dispose();
});

test('mismatched state is rejected without changing anything', async () => {
  const engine = await open('second');
  const state = { a: hostScalar(1), b: hostTensor([2, 1], Float32Array.of(5, 6)) };
  const executable = engine.compile(() => ({ outputs: {} }), { name: 'kept', state });
  const other = hostScalar(9);
  for (const [b, got] of [
    [hostTensor([1, 2], Float32Array.of(1, 2)), 'float32 [1, 2]'],
    [hostTensor([2, 1], Int32Array.of(1, 2)), 'int32 [2, 1]'],
  ] as const)
    await expect(executable.writeState({ a: other, b })).rejects.toThrow(`the state "b" is float32 [2, 1], got ${got}`);
  await expect(executable.writeState({ a: other, c: other })).rejects.toThrow('"kept" has no state "c"');
  await expect(executable.readState(['c'])).rejects.toThrow('"kept" has no state "c"');
  expect(await executable.readState()).toEqual(state);
  executable.dispose();
});

test('a step that fails or changes unknown state leaves nothing behind', async () => {
  const engine = await open('second');
  const before = tf.memory().numTensors;
  const executable = engine.compile(
    ({ a }, { x }) => {
      tf.add(a, x);
      return { state: { missing: tf.add(a, 1) }, outputs: { y: tf.square(x) } };
    },
    { state: { a: hostScalar(1) } },
  );
  await expect(executable.run({ x: hostScalar(2) })).rejects.toThrow('"step" has no state "missing"');
  expect(await executable.readState()).toEqual({ a: hostScalar(1) });
  expect(tf.memory().numTensors).toBe(before + 1);
  executable.dispose();
  executable.dispose(); // again: nothing to do
  expect(tf.memory().numTensors).toBe(before);
  await expect(executable.readState()).rejects.toThrow('"step" has been disposed');
  await expect(executable.writeState({ a: hostScalar(1) })).rejects.toThrow('"step" has been disposed');
});

test('outputs belong to the caller, as int32 or float32, and a state that passes through is kept', async () => {
  const engine = await open('second');
  const executable = engine.compile(
    ({ a }, { x }) => ({ outputs: { a, x, whole: tf.cast(x, 'int32'), flag: tf.greater(x, 0) } }),
    { state: { a: hostScalar(4) } },
  );
  const before = tf.memory().numTensors;
  const x = hostTensor([2], Float32Array.of(-1.5, 2.5));
  const outputs = await executable.run({ x });
  expect(outputs).toEqual({
    a: hostScalar(4),
    x,
    whole: hostTensor([2], Int32Array.of(-1, 2)),
    flag: hostTensor([2], Int32Array.of(0, 1)),
  });
  expect(tf.memory().numTensors).toBe(before);
  outputs.a.data[0] = 100;
  outputs.x.data[0] = 100;
  expect((await executable.readState()).a).toEqual(hostScalar(4));
  expect(x.data[0]).toBe(-1.5);
  executable.dispose();
});

test('kernels are set up once for an engine, however often it is used beside another one', async () => {
  const square = tf.getKernel('Square', 'cpu')!;
  let setUps = 0;
  tf.registerBackend('counted', () => new MathBackendCPU());
  tf.registerKernel({ ...square, backendName: 'counted', setupFunc: () => void setUps++ });
  const run = (): number => withTfBackend('counted', () => tf.square(tf.scalar(3)).dataSync()[0]);
  for (let opened = 1; opened <= 2; opened++) {
    await open('counted');
    for (let i = 0; i < 3; i++) expect(run()).toBe(9);
    expect(setUps).toBe(opened);
  }
  expect(tf.getBackend()).toBe('cpu');
  expect(backendOf(tf.scalar(1))).toBe(tf.findBackend('cpu'));
  const profiled = await withTfBackend('counted', () => tf.profile(() => tf.square(tf.scalar(2))));
  expect(profiled.kernelNames).toEqual(['Square']);
});
