/** From a step and the shapes of its inputs to a session: capture, simplify, lower, load. */
import { capture, simplify, type Graph, type TensorSpec } from '@facewright/capture';
import type { CompileOptions, HostTensors, StepFunction } from '@facewright/core';
import { lower, type LoweredModel } from '../lowering/lower.js';
import type { OnnxBuilder } from '../onnx/builder.js';
import { fitMemory, type StepMemory } from '../lowering/memory.js';
import { createSession, type InferenceSession, type Provider, type Runtime } from './runtime.js';

export interface CompileTarget {
  readonly runtime: Runtime;
  readonly provider: Provider;
  readonly threads: number;
  /** Images in a block of the `blocked` layout; 0 for `std`. */
  readonly block: number;
  /** What a training step may take; more is computed again where it would not fit. */
  readonly memoryBytes?: number;
  /** See `LoweringTarget`. */
  readonly builder?: () => OnnxBuilder;
}

export interface Compiled {
  readonly session: InferenceSession;
  readonly graph: Graph;
  readonly model: Omit<LoweredModel, 'bytes'>;
  /** Whether one session serves every length of the open axes. */
  readonly anySize: boolean;
}

export type Specs = Readonly<Record<string, TensorSpec>>;

export async function compileStep(target: CompileTarget, step: StepFunction, state: HostTensors, inputs: Specs, options: CompileOptions): Promise<Compiled> {
  const captured = (specs: Specs): Graph => simplify(capture(step, { state, inputs: specs }, { name: options.name }));
  const whole = captured(inputs);
  const frozen = whole.newState.length === 0;
  const { graph, hideShapes } = frozen ? { graph: whole, hideShapes: false } : fitMemory(whole, target.block, target.memoryBytes);
  const open = frozen ? anySize(captured, inputs, options.dynamicAxes, state) : undefined;
  const lowered = open ?? lower(graph, { block: frozen ? 0 : target.block, hideShapes, builder: target.builder, frozenState: frozen ? state : undefined });
  const { bytes, ...model } = lowered;
  const session = await createSession(target.runtime, bytes, { ...target, optimise: !lowered.blocked });
  return { session, graph, model, anySize: open !== undefined };
}

/** Lengths to try for axis 0, 1, …: odd and even, so that nothing that depends on a length is equal by chance. */
const TRIALS = [[3, 53, 71, 37], [2, 80, 66, 52], [5, 47, 92, 41]];

/**
 * One model for every length of the open axes, if there is one: the step is lowered for three lengths, and where the three models are the
 * same byte for byte, the lengths are nowhere in it.
 */
function anySize(captured: (specs: Specs) => Graph, inputs: Specs, openAxes: CompileOptions['dynamicAxes'], frozenState: HostTensors): LoweredModel | undefined {
  if (!openAxes || Object.keys(openAxes).length === 0) return undefined;
  try {
    const [first, ...others] = TRIALS.map((lengths) => {
      const specs = Object.entries(inputs).map(([name, spec]) => [name, { ...spec, shape: spec.shape.map((length, axis) => (openAxes[name]?.includes(axis) ? lengths[axis] : length)) }] as const);
      return lower(captured(Object.fromEntries(specs)), { block: 0, anySize: true, frozenState, openAxes });
    });
    return others.every(({ bytes }) => Buffer.from(bytes.buffer).equals(Buffer.from(first.bytes.buffer))) ? first : undefined;
  } catch {
    // the step does not take these lengths: it is compiled for the ones it gets
    return undefined;
  }
}

/** What a step will need, without running or even loading anything. */
export function planStep(step: StepFunction, state: Specs, inputs: Specs, { block, memoryBytes }: { readonly block: number; readonly memoryBytes?: number }): StepMemory {
  return fitMemory(simplify(capture(step, { state, inputs })), block, memoryBytes).memory;
}
