/**
 * Runs a step op by op on any registered tfjs backend. tfjs has one global engine, so every call switches it to this
 * backend for its synchronous part and then restores the previous one. Two engines in one process do not interfere.
 */
import './gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import type { CompileOptions, Engine, Executable, StepFunction } from '../contracts/backend.js';
import { messageOf } from '../values/errors.js';
import { registerComposedKernels } from './ops/index.js';
import {
  hostTensor,
  type ByteTensor,
  type HostTensor,
  type HostTensors,
  type InputTensors,
  type State,
} from '../values/tensors.js';

export interface EagerEngineOptions {
  /** The engine's name, for users and configs. */
  readonly name: string;
  /** The registered name of the tfjs backend. */
  readonly tfBackend: string;
  readonly device: string;
  /** Called once, by `dispose`. */
  readonly release?: () => void;
}

/** Opens a registered tfjs backend and adds composed kernels for the training ops it lacks. */
export async function openEagerEngine({ name, tfBackend, device, release }: EagerEngineOptions): Promise<Engine> {
  await started(tfBackend);
  registerComposedKernels(tfBackend);
  choices.delete(tf.engine().registry[tfBackend]); // kernels that were registered for it are set up with the next choice
  const open = new Set<Executable>();
  return {
    name,
    device,
    compile(step, options) {
      const executable = eagerExecutable(tfBackend, step, options);
      open.add(executable);
      return { ...executable, dispose: () => (open.delete(executable), executable.dispose()) };
    },
    async dispose() {
      for (const executable of open) executable.dispose();
      open.clear();
      release?.();
    },
  };
}

const starting = new Map<string, Promise<void>>();

/**
 * Starts a tfjs backend once, even if several engines open it at the same time. Does not use `tf.setBackend`: while a
 * backend is starting, tfjs rejects the ops of all others and hides the reason for a failure.
 */
async function started(tfBackend: string): Promise<void> {
  const start = async (): Promise<void> => {
    const factory = tf.findBackendFactory(tfBackend);
    if (!factory) throw new Error(`there is no tfjs backend "${tfBackend}"`);
    try {
      const backend = await factory();
      tf.engine().registry[tfBackend] ??= backend;
    } catch (cause) {
      throw new Error(`the tfjs backend "${tfBackend}" failed to start: ${messageOf(cause)}`, { cause });
    } finally {
      starting.delete(tfBackend);
    }
  };
  if (!(tfBackend in tf.engine().registry)) {
    if (!starting.has(tfBackend)) starting.set(tfBackend, start());
    await starting.get(tfBackend);
  }
  if (!tf.engine().backendName) await tf.setBackend(tfBackend);
}

/** Runs a synchronous function with this backend as the global one, then restores the previous backend. */
export function withTfBackend<T>(tfBackend: string, work: () => T): T {
  const engine = tf.engine();
  const former = engine.backendName;
  if (former === tfBackend) return work();
  choose(tfBackend);
  try {
    return work();
  } finally {
    if (former) choose(former);
    else Object.assign(engine, { backendName: null, backendInstance: null }); // none was set yet, so tfjs will still choose one at the first op elsewhere
  }
}

/** What tfjs's engine keeps of the backend that is chosen. */
interface Choice {
  readonly backendName: string;
  readonly backendInstance: object;
  readonly profiler: object;
}
/** By backend. */
const choices = new WeakMap<object, Choice>();

/** `tf.setBackend` for an initialised backend; it sets up all kernels each time, which takes longer than a small step. */
function choose(tfBackend: string): void {
  const engine = tf.engine();
  const backend = engine.registry[tfBackend];
  const known = backend && choices.get(backend);
  if (known?.backendName === tfBackend) {
    Object.assign(engine, known);
    return;
  }
  // for an initialised backend setBackend completes synchronously, so there is nothing to await
  void engine.setBackend(tfBackend);
  if (!backend) return;
  const { backendName, backendInstance, profiler } = engine as unknown as Choice;
  choices.set(backend, { backendName, backendInstance, profiler });
}

function eagerExecutable(
  tfBackend: string,
  step: StepFunction,
  { name = 'step', state: initial = {} }: CompileOptions = {},
): Executable {
  const on = <T>(work: () => T): T => withTfBackend(tfBackend, work);
  let disposed = false;
  const state: Record<string, tf.Tensor> = on(() => upload(initial));
  const existing = (entry: string): tf.Tensor => {
    if (disposed) throw new Error(`the executable "${name}" has been disposed`);
    if (!(entry in state)) throw new Error(`"${name}" has no state "${entry}"`);
    return state[entry];
  };

  return {
    lowering: 'eager',
    async run(inputs) {
      if (disposed) throw new Error(`the executable "${name}" has been disposed`);
      const outputs = on(() => {
        // one tidy around everything, so a step that throws leaks nothing
        const result = tf.tidy(() => {
          const { state: changed = {}, outputs } = step(state, upload(inputs));
          for (const entry of Object.keys(changed)) existing(entry);
          // a result may be an input or an unchanged state entry: the clone can be disposed of independently and shares
          // the memory
          return { changed: cloned(changed), outputs: cloned(outputs) };
        });
        for (const [entry, tensor] of Object.entries(result.changed)) {
          state[entry].dispose();
          state[entry] = tensor;
        }
        return result.outputs;
      });
      try {
        return await download(outputs);
      } finally {
        tf.dispose(outputs);
      }
    },
    readState: async (names = Object.keys(state)) =>
      download(Object.fromEntries(names.map((entry) => [entry, existing(entry)]))),
    async writeState(values) {
      for (const [entry, { shape, dtype }] of Object.entries(values)) {
        const known = existing(entry);
        if (shape.join() !== known.shape.join() || dtype !== known.dtype)
          throw new RangeError(
            `the state "${entry}" is ${known.dtype} [${known.shape.join(', ')}], got ${dtype} [${shape.join(', ')}]`,
          );
      }
      for (const [entry, value] of Object.entries(values)) {
        const former = state[entry];
        state[entry] = on(() => toTensor(value));
        former.dispose();
      }
    },
    dispose() {
      if (!disposed) tf.dispose(state);
      disposed = true;
    },
  };
}

/** Copies the values, because some backends keep the caller's array. */
const toTensor = ({ data, shape, dtype }: HostTensor | ByteTensor): tf.Tensor =>
  tf.tensor(data.slice(), shape as number[], dtype === 'uint8' ? 'int32' : dtype);

function upload(values: InputTensors): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toTensor(value)]));
}

function cloned(tensors: State): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.clone(tensor)]));
}

async function download(tensors: State): Promise<HostTensors> {
  const read = await Promise.all(
    Object.entries(tensors).map(async ([name, tensor]) => {
      const data = (await tensor.data()) as Float32Array | Int32Array | Uint8Array;
      // a copy, because some backends return a view of their own memory
      const own = tensor.dtype === 'float32' ? Float32Array.from(data) : Int32Array.from(data);
      return [name, hostTensor(tensor.shape, own)] as const;
    }),
  );
  return Object.fromEntries(read);
}
