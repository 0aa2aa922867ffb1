/** Engines that are wrong in one way each: the eager one on tfjs's cpu backend, with something in between. */
import {
  definePlugin,
  type Backend,
  type Engine,
  type Executable,
  type HostTensor,
  type HostTensors,
  type InputTensors,
  type State,
  type StepFunction,
} from '@facewright/core';
import { testBackend } from '@facewright/testkit';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { OPS } from '../../src/backend-ops.js';
import { engine, meta, options } from './shared.js';

const opTests = OPS.flatMap(({ name, gradient }) => (gradient === false ? [name] : [name, `gradient of ${name}`]));

const backend = (name: string, change: (exact: Engine) => Partial<Engine>, { ops = false, backend = {} } = {}): void =>
  testBackend(
    definePlugin({
      meta: meta('backend', name),
      options,
      create: (): Backend => ({
        probe: async () => ({ usable: true, device: 'plain JavaScript' }),
        open: async () => {
          const exact = await engine();
          return { ...exact, ...change(exact) };
        },
        ...backend,
      }),
    })(),
    ops ? {} : { skip: [{ reason: 'the engine half-precision is about these', tests: opTests }] },
  );

/** Changes what is compiled; `exact` is what it would be. */
const executable = (
  name: string,
  change: (exact: Executable, step: StepFunction, state: HostTensors) => Partial<Executable>,
  more?: { ops?: boolean },
): void =>
  backend(
    name,
    (exact) => ({
      compile(step, settings) {
        const made = exact.compile(step, settings);
        return { ...made, ...change(made, step, settings?.state ?? {}) };
      },
    }),
    more,
  );

/** Changes every tensor that comes out of a call. */
const outputs = (name: string, change: (tensor: HostTensor) => HostTensor, more?: { ops?: boolean }): void =>
  executable(
    name,
    (exact) => ({
      run: async (inputs) =>
        Object.fromEntries(Object.entries(await exact.run(inputs)).map(([key, tensor]) => [key, change(tensor)])),
    }),
    more,
  );
const floats = (tensor: HostTensor, change: (value: number) => number): HostTensor =>
  tensor.dtype === 'float32' ? { ...tensor, data: tensor.data.map(change) } : tensor;
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

outputs('half-precision', (tensor) => floats(tensor, (value) => Number(value.toPrecision(3))), { ops: true });
outputs('overflows-early', (tensor) => floats(tensor, (value) => (Math.abs(value) > 1000 ? Infinity : value)));
outputs('knows-only-floats', ({ shape, data }) => ({ shape, dtype: 'float32', data: Float32Array.from(data) }));
outputs('has-no-scalars', (tensor) => ({ ...tensor, shape: tensor.shape.length ? tensor.shape : [1] }));

backend('cannot-be-used', () => ({}), { backend: { probe: async () => ({ usable: false, reason: 'broken' }) } });

executable('forgets-its-state', (exact, _, state) => ({
  async run(inputs) {
    const result = await exact.run(inputs);
    if (Object.keys(state).length) await exact.writeState(state);
    return result;
  },
}));

backend('one-state-for-all', (exact) => {
  const made = new Map<StepFunction, Executable>();
  return {
    compile(step, settings) {
      const known = made.get(step) ?? exact.compile(step, settings);
      made.set(step, known);
      return known;
    },
  };
});

executable('overtakes', (exact) => {
  let calls = 0;
  return { run: async (inputs) => (calls++ % 2 ? exact.run(inputs) : pause(5).then(() => exact.run(inputs))) };
});

/** The second entry of the state is computed from the new first one. */
backend('one-entry-after-the-other', (exact) => ({
  compile: (step, settings) =>
    exact.compile((held, inputs) => {
      const { state = {}, outputs } = step(held, inputs);
      const [first, ...rest] = Object.keys(state);
      if (!rest.length) return { state, outputs };
      const later: State = step({ ...held, [first]: state[first] }, inputs).state ?? {};
      return { state: { ...later, [first]: state[first] }, outputs };
    }, settings),
}));

executable('reads-everything', (exact) => ({ readState: () => exact.readState() }));

executable('reads-what-was', (exact, _, state) => {
  let latest: HostTensors = state;
  return {
    async run(inputs) {
      const result = await exact.run(inputs);
      latest = await exact.readState();
      return result;
    },
    readState: async (names = Object.keys(latest)) => Object.fromEntries(names.map((name) => [name, latest[name]])),
  };
});

executable('writes-later', (exact) => ({ writeState: (state) => pause(5).then(() => exact.writeState(state)) }));

executable('writes-half-of-it', (exact) => ({
  async writeState(state) {
    for (const [name, tensor] of Object.entries(state)) await exact.writeState({ [name]: tensor });
  },
}));

executable('takes-any-name', (exact, _, state) => ({
  readState: (names) => exact.readState(names?.filter((name) => name in state)),
}));

executable('keeps-the-arrays', (exact) => ({ run: (inputs) => pause(0).then(() => exact.run(inputs)) }));

executable('gives-one-array-twice', (exact) => ({
  async run(inputs) {
    const result = await exact.run(inputs);
    const [first] = Object.values(result);
    return Object.fromEntries(
      Object.entries(result).map(([name, tensor]) => [name, `${tensor.data}` === `${first.data}` ? first : tensor]),
    );
  },
}));

executable('bound-to-the-first-shapes', (exact) => {
  const shapes = (inputs: InputTensors): string => JSON.stringify(Object.values(inputs).map(({ shape }) => shape));
  let first: string | undefined;
  return {
    run(inputs) {
      first ??= shapes(inputs);
      return shapes(inputs) === first ? exact.run(inputs) : Promise.reject(new Error(`compiled for ${first}`));
    },
  };
});

/** Takes bytes as signed numbers, from −128. */
backend('signed-bytes', (exact) => ({
  bytes: true,
  compile(step, settings) {
    const made = exact.compile(step, settings);
    const signed = (tensor: InputTensors[string]): InputTensors[string] =>
      tensor.dtype === 'uint8'
        ? { ...tensor, dtype: 'int32', data: Int32Array.from(new Int8Array(tensor.data)) }
        : tensor;
    return {
      ...made,
      run: (inputs) =>
        made.run(Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, signed(tensor)]))),
    };
  },
}));

/** Gives a call whatever was sent last, meant for it or not. */
backend('takes-what-was-sent', (exact) => ({
  bytes: true,
  compile(step, settings) {
    const made = exact.compile(step, settings);
    let sent: InputTensors = {};
    return { ...made, send: (inputs) => void (sent = inputs), run: (inputs) => made.run({ ...inputs, ...sent }) };
  },
}));

executable('hides-errors', (exact) => ({ run: (inputs) => exact.run(inputs).catch(() => ({})) }));

tf.registerBackend('elsewhere', () => new MathBackendCPU());
executable('moves-tfjs', (exact) => ({
  async run(inputs) {
    const result = await exact.run(inputs);
    tf.setBackend(tf.getBackend() === 'elsewhere' ? 'cpu' : 'elsewhere');
    return result;
  },
}));

const kept: StepFunction[] = [];
executable('keeps-its-steps', (_, step) => {
  kept.push(step);
  return {};
});

executable('leaks-a-tensor', (exact) => ({
  run: (inputs) => {
    tf.keep(tf.scalar(1));
    return exact.run(inputs);
  },
}));

executable('outlives-its-disposal', () => ({ dispose: () => {} }));

executable('never-the-same-twice', (exact) => ({
  readState: async (names) =>
    Object.fromEntries(
      Object.entries(await exact.readState(names)).map(([name, tensor]) => [
        name,
        floats(tensor, (value) => (Number.isInteger(value) ? value : value * (1 + 1e-6 * Math.random()))),
      ]),
    ),
}));
