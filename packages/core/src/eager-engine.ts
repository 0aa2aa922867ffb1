/**
 * An engine on any registered tfjs backend: it runs the step op by op. tfjs has one global engine, so every call switches it to this
 * engine's backend for its synchronous part only and puts the former one back; two engines in one process do not meet.
 */
import './gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import type { CompileOptions, Engine, Executable, StepFunction } from './backend.js';
import { registerComposedKernels } from './ops/index.js';
import { hostTensor, type HostTensor, type HostTensors, type State } from './tensors.js';

export interface EagerEngineOptions {
  /** The engine's name, for people and config. */
  readonly name: string;
  /** The name under which the tfjs backend is registered. */
  readonly tfBackend: string;
  readonly device: string;
  /** Called once at `dispose`. */
  readonly release?: () => void;
}

/** Opens the tfjs backend (which must be registered) and gives the training ops it lacks their composed kernels. */
export async function openEagerEngine({ name, tfBackend, device, release }: EagerEngineOptions): Promise<Engine> {
  const former = tf.engine().backendName;
  // findBackend would throw inside tfjs on a failing factory; setBackend answers with false
  if (!(await tf.setBackend(tfBackend))) throw new Error(`the tfjs backend "${tfBackend}" failed to start`);
  await tf.ready();
  registerComposedKernels(tfBackend);
  if (former && former !== tfBackend) await tf.setBackend(former);
  return {
    name,
    device,
    compile: (step, options) => eagerExecutable(tfBackend, step, options),
    dispose: async () => release?.(),
  };
}

/** Runs a synchronous function with the global tfjs engine on this backend, and puts the former backend back. */
export function withTfBackend<T>(tfBackend: string, work: () => T): T {
  const engine = tf.engine();
  const former = engine.backendName;
  if (former === tfBackend) return work();
  // setBackend is synchronous for a backend that is already initialised: nothing in it is awaited before the switch is done
  void engine.setBackend(tfBackend);
  try {
    return work();
  } finally {
    if (former) void engine.setBackend(former);
  }
}

function eagerExecutable(tfBackend: string, step: StepFunction, { state: initial = {} }: CompileOptions = {}): Executable {
  const on = <T>(work: () => T): T => withTfBackend(tfBackend, work);
  let state: Record<string, tf.Tensor> = on(() => upload(initial));

  return {
    async run(inputs) {
      const outputs = on(() => {
        const fed = upload(inputs);
        const result = tf.tidy(() => {
          const { state: changed = {}, outputs } = step(state, fed);
          // a result may be an input passed through: the copy keeps it alive and shares its memory
          return { changed: cloned(changed), outputs: cloned(outputs) };
        });
        tf.dispose(fed);
        for (const [name, tensor] of Object.entries(result.changed)) {
          if (!(name in state)) throw new Error(`the step returned the state "${name}", which was not in its first state`);
          state[name].dispose();
          state[name] = tensor;
        }
        return result.outputs;
      });
      return download(outputs, true);
    },
    readState: (names = Object.keys(state)) => download(Object.fromEntries(names.map((name) => [name, existing(state, name)])), false),
    async writeState(values) {
      for (const [name, value] of Object.entries(values)) {
        const former = existing(state, name);
        state[name] = on(() => toTensor(value));
        former.dispose();
      }
    },
    dispose() {
      tf.dispose(state);
      state = {};
    },
  };
}

function existing(state: State, name: string): tf.Tensor {
  if (!state[name]) throw new Error(`there is no state "${name}"`);
  return state[name];
}

const toTensor = (value: HostTensor): tf.Tensor => tf.tensor(value.data, value.shape as number[], value.dtype);

function upload(values: HostTensors): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toTensor(value)]));
}

function cloned(tensors: State): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.clone(tensor)]));
}

async function download(tensors: State, dispose: boolean): Promise<HostTensors> {
  const read = await Promise.all(
    Object.entries(tensors).map(async ([name, tensor]) => {
      const data = (await tensor.data()) as Float32Array | Int32Array | Uint8Array;
      // a copy: some backends hand out a view of their own memory
      const own = tensor.dtype === 'float32' ? Float32Array.from(data) : Int32Array.from(data);
      return [name, hostTensor(tensor.shape, own)] as const;
    }),
  );
  if (dispose) tf.dispose(tensors as Record<string, tf.Tensor>);
  return Object.fromEntries(read);
}
