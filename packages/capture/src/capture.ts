/** Turns a tfjs function into a graph by running it once on the recording backend. */
import { messageOf, withTfBackend, type State, type StepFunction } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { Gap } from './gap.js';
import { createValue, sameShape, type Graph, type NamedValue, type TensorSpec } from './graph.js';
import { CAPTURE_BACKEND, Recording, recordingBackend } from './recorder.js';
import { userLine } from './user-line.js';

/** Bytes are int32 inside the function. */
export type InputSpec = TensorSpec | { readonly shape: readonly number[]; readonly dtype: 'uint8' };

/** Shapes and dtypes of the function's arguments. The graph is valid only for exactly these. */
export interface Signature {
  readonly state?: Readonly<Record<string, TensorSpec>>;
  readonly inputs: Readonly<Record<string, InputSpec>>;
}

export interface CaptureOptions {
  /** Shown in errors and in the printed graph. */
  readonly name?: string;
}

/**
 * Records `step(state, inputs)` as a graph of tfjs kernels, including gradients taken inside it (`tf.grads`,
 * `tf.variableGrads`, …).
 *
 * The function runs once, here, on tensors that have a shape and a dtype but no values: reading one (`dataSync`,
 * `arraySync`) throws a `FacewrightError` that names the op and the line. Tensors created from numbers, and captured
 * tensors of another backend, become constants of the graph. Random tensors would be drawn only once, so pass
 * randomness as an input.
 *
 *     const graph = capture((_, { x }) => ({ outputs: { y: tf.tanh(x) } }), { inputs: { x: { shape: [4, 3], dtype: 'float32' } } });
 */
export function capture(
  step: StepFunction,
  signature: Signature,
  { name = step.name || 'step' }: CaptureOptions = {},
): Graph {
  const backend = recordingBackend();
  tf.engine().registry[CAPTURE_BACKEND] ??= backend; // started, but not chosen as the global backend
  const recording = new Recording(name);
  const former = backend.recording;
  backend.recording = recording;
  try {
    return withTfBackend(CAPTURE_BACKEND, () => {
      let graph: Graph | undefined;
      tf.tidy(() => {
        const enter = (specs: Readonly<Record<string, InputSpec>>): { named: NamedValue[]; tensors: State } => {
          const named = Object.entries(specs).map(([key, spec]) => argument(key, spec));
          return {
            named,
            tensors: Object.fromEntries(named.map(({ name: key, value }) => [key, tensorFor(backend.infoOf(value))])),
          };
        };
        const state = enter(signature.state ?? {});
        const inputs = enter(signature.inputs);
        const result = step(state.tensors, inputs.tensors);
        const leave = (tensors: State): NamedValue[] =>
          Object.entries(tensors).map(([key, tensor]) => ({ name: key, value: backend.capturedValue(tensor) }));
        const newState = leave(result.state ?? {});
        checkState(newState, state.named, name);
        graph = {
          name,
          state: state.named,
          inputs: inputs.named,
          constants: recording.constants,
          nodes: recording.nodes,
          newState,
          outputs: leave(result.outputs),
        };
      });
      return graph!;
    });
  } catch (error) {
    throw explained(error, name);
  } finally {
    backend.recording = former;
  }
}

function argument(name: string, spec: InputSpec): NamedValue {
  if (spec.dtype !== 'uint8') return { name, value: createValue(spec as TensorSpec) };
  return { name, value: createValue({ shape: spec.shape, dtype: 'int32' }), bytes: true };
}

const tensorFor = (info: tf.TensorInfo): tf.Tensor => tf.engine().makeTensorFromTensorInfo(info);

function checkState(newState: readonly NamedValue[], state: readonly NamedValue[], step: string): void {
  for (const { name, value } of newState) {
    const before = state.find((entry) => entry.name === name)?.value;
    if (!before)
      throw new Error(`the step "${step}" returned the state "${name}", which its initial state does not have`);
    if (!sameShape(before.shape, value.shape) || before.dtype !== value.dtype) {
      throw new Error(
        `the step "${step}" returned the state "${name}" as ${value.dtype} [${value.shape.join(', ')}], but it was ${before.dtype} [${before.shape.join(', ')}]`,
      );
    }
  }
}

function explained(error: unknown, step: string): unknown {
  const kernel = /registered kernel '([^']+)'|Kernel '([^']+)' not registered/.exec(messageOf(error));
  if (!kernel) return error;
  return new Gap(`the op ${kernel[1] ?? kernel[2]}`, {
    step,
    where: error instanceof Error ? userLine(error.stack) : undefined,
    cause: error,
  });
}
