/** From a step and the shapes of its inputs to a session: capture, simplify, lower, load. */
import { capture, simplify, stackUpdates, type Graph } from '@facewright/capture';
import type { CompileRequest, Specs } from '@facewright/compiled-engine';
import type { CompileOptions, Emit, HostTensors, StepFunction } from '@facewright/core';
import { lowerForAnySize } from '../lowering/any-size.js';
import { inputName, lower, outputName, type LoweredModel } from '../lowering/lower.js';
import type { OnnxBuilder } from '../onnx/builder.js';
import { COMPILING_BYTES, fitMemory, type FitOptions, type StepMemory } from '../lowering/memory.js';
import { createSession, type InferenceSession, type Provider, type Runtime } from './runtime.js';
import { canReturnMemory, returnFreedMemory } from './system-memory.js';

export interface CompileTarget {
  readonly runtime: Runtime;
  readonly provider: Provider;
  readonly threads: number;
  /** Images per block of the `blocked` layout; 0 for `std`. */
  readonly block: number;
  /** Memory limit of the process; values of a training step are recomputed if it would not fit. */
  readonly memoryBytes?: number;
  /** Keeps a step within the limit at any price in speed. Otherwise it comes as near as recomputing can. */
  readonly strictLimit?: boolean;
  readonly emit?: Emit;
  /** Memory of the process when the engine was opened. */
  readonly openedBytes?: number;
  /** See `LoweringTarget`. */
  readonly builder?: () => OnnxBuilder;
}

interface TensorNames {
  readonly name: string;
  readonly tensor: string;
}

export interface Compiled {
  readonly session: InferenceSession;
  readonly graph: Graph;
  /** Names in the step, and of the session's tensors. */
  readonly inputs: readonly TensorNames[];
  readonly outputs: readonly TensorNames[];
  readonly model: Omit<LoweredModel, 'bytes'>;
  /** Whether one session works for every length of the dynamic axes. */
  readonly anySize: boolean;
}

const SLOW = {
  message:
    'A training step fits the memory limit only if freed memory goes back to the system at once, which makes it several times slower.',
  todo: 'Use a smaller microBatch or batch, or a higher memory limit. "facewright plan" shows what fits.',
};

export async function compileStep(
  target: CompileTarget,
  { inputs, capture: captured }: CompileRequest,
  state: HostTensors,
  options: CompileOptions,
): Promise<Compiled> {
  const whole = captured(inputs);
  const frozen = whole.newState.length === 0;
  const { graph, hideShapes, returns } = frozen
    ? { graph: whole, hideShapes: false, returns: false }
    : fitMemory(stackUpdates(whole), target.block, {
        limitBytes: limitOfStep(target, options),
        returns: Boolean(target.strictLimit) && (await canReturnMemory()),
      });
  if (returns) {
    target.emit?.('notice', { level: 'warning', ...SLOW });
    await returnFreedMemory();
  }
  const open =
    frozen && options.dynamicAxes && Object.keys(options.dynamicAxes).length
      ? lowerForAnySize(captured, inputs, { openAxes: options.dynamicAxes, frozenState: state })
      : undefined;
  const lowered =
    open ??
    lower(graph, {
      block: frozen ? 0 : target.block,
      hideShapes,
      builder: target.builder,
      frozenState: frozen ? state : undefined,
    });
  const { bytes, ...model } = lowered;
  const session = await createSession(target.runtime, bytes, {
    ...target,
    optimise: !lowered.blocked,
    arena: !returns,
  });
  const inputNames = graph.inputs.map(({ name }) => ({ name, tensor: inputName(name) }));
  const outputNames = graph.outputs.map(({ name }) => ({ name, tensor: outputName(name) }));
  return { session, graph, inputs: inputNames, outputs: outputNames, model, anySize: open !== undefined };
}

/**
 * What is left to a step of the process's limit. What the caller holds beside it may or may not be there yet; the rest of the
 * process is.
 */
function limitOfStep(
  { memoryBytes, openedBytes = 0 }: CompileTarget,
  { hostBytes = 0 }: CompileOptions,
): number | undefined {
  if (memoryBytes === undefined) return undefined;
  const rest = Math.max(openedBytes, process.memoryUsage.rss() - hostBytes);
  return memoryBytes - rest - hostBytes - COMPILING_BYTES;
}

/**
 * What a step will need, without running or even loading anything. `memoryBytes`: for the step alone, without the rest of the
 * process.
 */
export function planStep(
  step: StepFunction,
  state: Specs,
  inputs: Specs,
  {
    block,
    memoryBytes: limitBytes,
    returns,
  }: { readonly block: number; readonly memoryBytes?: number } & Pick<FitOptions, 'returns'>,
): StepMemory {
  const graph = stackUpdates(simplify(capture(step, { state, inputs })));
  return fitMemory(graph, block, { limitBytes, returns }).memory;
}
