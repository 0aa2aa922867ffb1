/**
 * The part of the backend suite about executables: state between calls, the caller's host arrays, errors, and leaks.
 */
import { byteTensor, filled, hostScalar, hostTensor, type HostTensors, type StepFunction } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { BackendTest } from './support/backend-test.js';

const count: StepFunction = ({ total }, { by }) => {
  const next = tf.add(total, by);
  return { state: { total: next }, outputs: { total: next } };
};
const start = (): HostTensors => ({ total: hostScalar(1), still: filled([2], 7) });
const numbers = ({ data }: { data: ArrayLike<number> }): number[] => Array.from(data);

export function checkState(test: BackendTest): void {
  checkCarriedState(test);
  checkReadingAndWriting(test);
  checkHostArrays(test);
  checkBytes(test);
  checkSteps(test);
  checkWhatIsLeft(test);
}

function checkCarriedState({ check, compile }: BackendTest): void {
  check('state carries over from call to call, and what a step leaves out stays', async () => {
    const executable = compile(count, start());
    for (const expected of [3, 5, 7])
      expect(numbers((await executable.run({ by: hostScalar(2) })).total)).toEqual([expected]);
    const state = await executable.readState();
    expect(Object.keys(state).sort()).toEqual(['still', 'total']);
    expect(numbers(state.still)).toEqual([7, 7]);
    expect(numbers(state.total)).toEqual([7]);
  });

  check('two executables of one step have states of their own', async () => {
    const [first, second] = [compile(count, start()), compile(count, start())];
    await first.run({ by: hostScalar(10) });
    expect(numbers((await second.run({ by: hostScalar(1) })).total)).toEqual([2]);
  });

  check('calls that were not awaited run in order', async () => {
    const executable = compile(count, start());
    const results = await Promise.all([1, 2, 3, 4].map((by) => executable.run({ by: hostScalar(by) })));
    expect(results.map(({ total }) => total.data[0])).toEqual([2, 4, 7, 11]);
  });

  check('state can be swapped', async () => {
    const executable = compile(({ a, b }) => ({ state: { a: b, b: a }, outputs: {} }), {
      a: hostScalar(1),
      b: hostScalar(2),
    });
    for (let i = 0; i < 3; i++) await executable.run({});
    const { a, b } = await executable.readState();
    expect([...numbers(a), ...numbers(b)]).toEqual([2, 1]);
  });
}

function checkReadingAndWriting({ check, compile }: BackendTest): void {
  check('named entries of the state are read and written', async () => {
    const executable = compile(count, start());
    expect(Object.keys(await executable.readState(['still']))).toEqual(['still']);
    await executable.writeState({ total: hostScalar(100) });
    expect(numbers((await executable.run({ by: hostScalar(1) })).total)).toEqual([101]);
    expect(numbers((await executable.readState(['still'])).still)).toEqual([7, 7]);
  });

  check('reading waits for the calls before it', async () => {
    const executable = compile(count, start());
    const running = [1, 2, 3].map((by) => executable.run({ by: hostScalar(by) }));
    const read = executable.readState(['total']);
    const later = executable.run({ by: hostScalar(100) });
    expect(numbers((await read).total)).toEqual([7]);
    await Promise.all([...running, later]);
  });

  check('writing waits for the calls before it, and the calls after it see it', async () => {
    const executable = compile(count, start());
    const before = executable.run({ by: hostScalar(1) });
    const value = hostScalar(50);
    const writing = executable.writeState({ total: value });
    value.data.fill(9000);
    const after = executable.run({ by: hostScalar(1) });
    await writing;
    expect([(await before).total.data[0], (await after).total.data[0]]).toEqual([2, 51]);
  });

  check('a value of another shape or dtype is a RangeError, and nothing is written', async () => {
    const executable = compile(count, start());
    for (const started of [false, true]) {
      if (started) await executable.run({ by: hostScalar(0) });
      for (const still of [filled([1, 2], 0), filled([3], 0), hostTensor([2], Int32Array.of(1, 2))])
        await expect(executable.writeState({ total: hostScalar(5), still })).rejects.toThrow(RangeError);
      const { total, still } = await executable.readState();
      expect([numbers(total), numbers(still), still.shape]).toEqual([[1], [7, 7], [2]]);
    }
  });

  check('a name the state does not have is an error, for reading, writing and in a step', async () => {
    const executable = compile(count, start());
    await expect(executable.readState(['no/such'])).rejects.toThrow(/no\/such/);
    await expect(executable.writeState({ 'no/such': hostScalar(1) })).rejects.toThrow(/no\/such/);
    const wrong = compile(() => ({ state: { 'no/such': tf.scalar(1) }, outputs: {} }), start());
    await expect(wrong.run({})).rejects.toThrow(/no\/such/);
    expect(numbers((await wrong.readState(['total'])).total)).toEqual([1]);
  });
}

function checkHostArrays({ check, compile }: BackendTest): void {
  check('host arrays belong to the caller: changing them later changes nothing', async () => {
    const state = start();
    const by = hostScalar(2);
    const executable = compile(
      (held, inputs) => ({
        ...count(held, inputs),
        state: { ...count(held, inputs).state, still: tf.add(tf.mul(held.still, 0), inputs.by) },
      }),
      state,
    );
    state.total.data.fill(1000);
    const pending = executable.run({ by });
    by.data.fill(1000);
    expect(numbers((await pending).total)).toEqual([3]);
    (await executable.readState()).total.data.fill(1000);
    (await executable.run({ by: hostScalar(0) })).total.data.fill(1000);
    expect(numbers((await executable.readState()).total)).toEqual([3]);
  });

  check('an input passed through as output and state is a copy of its own', async () => {
    const executable = compile((_, { x }) => ({ state: { held: x }, outputs: { a: x, b: x } }), {
      held: filled([2], 0),
    });
    const x = hostTensor([2], Float32Array.of(1, 2));
    const { a, b } = await executable.run({ x });
    x.data.fill(9);
    a.data.fill(8);
    expect(numbers(b)).toEqual([1, 2]);
    expect(numbers((await executable.readState()).held)).toEqual([1, 2]);
  });
}

/** Only for engines that take bytes; the others get floats. */
function checkBytes({ check, engine }: BackendTest): void {
  check('bytes are whole numbers in a step, and a call gets what was sent for it', async () => {
    if (!engine().bytes) return;
    const executable = engine().compile(
      (_, { x, by }) => ({ outputs: { same: x, scaled: tf.mul(tf.cast(x, 'float32'), by) } }),
      { inputsStay: true },
    );
    const batches = [0, 1, 2].map((seed) =>
      byteTensor(
        [2, 128],
        Uint8Array.from({ length: 256 }, (_, i) => (i + seed) % 256),
      ),
    );
    executable.send?.({ x: batches[2] }); // a call that does not come is no harm
    for (const [i, x] of batches.entries()) {
      const running = executable.run({ x, by: hostScalar(0.5) });
      if (i + 1 < batches.length) executable.send?.({ x: batches[i + 1] });
      const { same, scaled } = await running;
      expect([same.dtype, same.shape, numbers(same)]).toEqual(['int32', [2, 128], [...x.data]]);
      expect(numbers(scaled)).toEqual(Array.from(x.data, (value) => value / 2));
    }
    executable.dispose();
  });
}

function checkSteps({ check, compile, once }: BackendTest): void {
  check('shapes may change from call to call', async () => {
    const executable = compile((_, { x, w }) => ({
      outputs: { y: tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), mean: tf.mean(x) },
    }));
    for (const rows of [3, 1, 8, 3]) {
      const { y, mean } = await executable.run({ x: filled([rows, 2], rows), w: filled([2, 2], 1) });
      expect(y.shape).toEqual([rows, 2]);
      expect(numbers(y)).toEqual(Array(rows * 2).fill(2 * rows));
      expect(numbers(mean)).toEqual([rows]);
    }
  });

  check('an error thrown in a step reaches the caller, and leaves the state as it was', async () => {
    const executable = compile(({ total }, { by }) => {
      if (by.rank === 1) throw new Error('a defect in the step');
      return { state: { total: tf.add(total, by) }, outputs: {} };
    }, start());
    await executable.run({ by: hostScalar(1) });
    await expect(executable.run({ by: filled([2], 1) })).rejects.toThrow('a defect in the step');
    await executable.run({ by: hostScalar(1) });
    expect(numbers((await executable.readState(['total'])).total)).toEqual([3]);
  });

  check('the global tfjs engine is left on the backend it was on', async () => {
    const before = tf.engine().backendName;
    await once(({ x }) => ({ y: tf.square(x) }), { x: hostScalar(2) });
    expect(tf.engine().backendName).toBe(before);
  });
}

function checkWhatIsLeft({ check, engine }: BackendTest): void {
  check('an executable that was disposed of is forgotten', async () => {
    const collect = await garbageCollector();
    if (!collect) return; // in browsers
    const made = async (): Promise<WeakRef<StepFunction>> => {
      const step: StepFunction = (state, inputs) => count(state, inputs);
      const executable = engine().compile(step, { state: start() });
      await executable.run({ by: hostScalar(1) });
      executable.dispose();
      return new WeakRef(step);
    };
    const step = await made();
    for (let i = 0; i < 20 && step.deref(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      collect();
    }
    expect(step.deref()).toBeUndefined();
  });

  check('calls leave no tensors behind, not even those that fail', async () => {
    const before = tf.memory().numTensors;
    const executable = engine().compile(count, { state: start() });
    const failing = engine().compile(
      (held) => {
        tf.square(held.total);
        throw new Error('on purpose');
      },
      { state: start() },
    );
    await executable.run({ by: hostScalar(1) });
    const during = tf.memory().numTensors;
    for (let i = 0; i < 20; i++) {
      await executable.run({ by: hostScalar(1) });
      await executable.readState();
      await executable.writeState({ total: hostScalar(1) });
      await failing.run({ by: hostScalar(1) }).catch(() => {});
    }
    expect(tf.memory().numTensors).toBe(during);
    executable.dispose();
    failing.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  check('a disposed executable says so', async () => {
    const executable = engine().compile(count, { state: start() });
    executable.dispose();
    executable.dispose();
    await expect(executable.run({ by: hostScalar(1) })).rejects.toThrow(/dispose/);
  });
}

/** Node's garbage collector, even if not exposed at startup; undefined in browsers. */
async function garbageCollector(): Promise<(() => void) | undefined> {
  if (!('process' in globalThis)) return undefined;
  const [v8, vm] = await Promise.all([
    import(/* @vite-ignore */ `node:${'v8'}`),
    import(/* @vite-ignore */ `node:${'vm'}`),
  ]);
  v8.setFlagsFromString('--expose-gc');
  return vm.runInNewContext('gc') as () => void;
}
