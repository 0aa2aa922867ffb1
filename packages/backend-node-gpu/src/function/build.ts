/** From a step and the shapes of its inputs to a TensorFlow function: capture, simplify, lower. */
import { AFTER, capture, simplify, type Graph, type NamedValue, type TensorSpec, type Value } from '@facewright/capture';
import { FacewrightError, type StepFunction } from '@facewright/core';
import { lowerings } from '../lowering/index.js';
import type { Operand, Ref } from '../lowering/lowering.js';
import type { Runtime } from '../runtime/runtime.js';
import { GraphBuilder } from './graph-builder.js';

/** A function in a runtime's context: state and inputs go in, the new state and outputs come out, each in the order of the lists. */
export interface BuiltFunction {
  readonly name: string;
  readonly state: readonly string[];
  readonly inputs: readonly string[];
  readonly newState: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: number;
}

let count = 0;

export function buildFunction(runtime: Runtime, step: StepFunction, name: string, state: Readonly<Record<string, TensorSpec>>, inputs: Readonly<Record<string, TensorSpec>>, fuses: boolean): BuiltFunction {
  const graph = simplify(capture(step, { state, inputs }, { name }));
  const functionName = `facewright_${name.replace(/\W/g, '_')}_${count++}`;
  const builder = new GraphBuilder(runtime, fuses);
  const refs = new Map<Value, Ref>();
  const enter = ({ value }: NamedValue): Ref => {
    const ref = builder.placeholder(value.dtype, value.shape);
    refs.set(value, ref);
    return ref;
  };
  const entries = [...graph.state.map(enter), ...graph.inputs.map(enter)];
  for (const [value, data] of graph.constants) refs.set(value, builder.constant(data, value.shape, value.dtype));
  for (const node of graph.nodes) lowerNode(builder, refs, node, name);
  const results = [...graph.newState, ...graph.outputs].map(({ value }) => refs.get(value)!);
  runtime.library.c.TF_DeleteFunction(builder.finish(functionName, entries, results));
  return { name: functionName, state: names(graph.state), inputs: names(graph.inputs), newState: names(graph.newState), outputs: names(graph.outputs), nodes: builder.nodes };
}

const names = (list: readonly NamedValue[]): string[] => list.map(({ name }) => name);

function lowerNode(builder: GraphBuilder, refs: Map<Value, Ref>, node: Graph['nodes'][number], step: string): void {
  const inputs = node.inputs.map((value) => refs.get(value)!);
  if (node.op === AFTER) {
    refs.set(node.outputs[0], builder.after(inputs[0], inputs[1]));
    return;
  }
  const lowering = lowerings[node.op];
  if (!lowering) throw new FacewrightError({ what: `The step "${step}" uses the op ${node.op}, which this engine does not have.`, todo: 'Write it with other tfjs ops.' });
  const operands = Object.fromEntries(node.inputNames.map((name, i) => [name, { ref: inputs[i], shape: node.inputs[i].shape, dtype: node.inputs[i].dtype } satisfies Operand]));
  const result = lowering(operands, node.attrs, builder);
  (Array.isArray(result) ? result : [result]).forEach((ref, i) => {
    if (i < node.outputs.length) refs.set(node.outputs[i], ref);
  });
}
