/** Turns a graph into a TensorFlow function. */
import { AFTER, type Graph, type GraphNode, type NamedValue } from '@facewright/capture';
import { lower } from '../lowering/index.js';
import type { Ref } from '../lowering/lowering.js';
import type { Runtime } from '../runtime/runtime.js';
import { GraphBuilder } from './graph-builder.js';
import { Tensors, type Precision } from './tensors.js';

/**
 * A function in a runtime's context. Takes state and inputs, returns new state and outputs, each in the order of the
 * graph.
 */
export interface BuiltFunction {
  readonly name: string;
  readonly newState: number;
  readonly outputs: number;
  readonly nodes: number;
}

/** How to compile a function. */
export interface Compilation {
  /** XLA compiles groups of elementwise ops. */
  readonly fuses: boolean;
  readonly precision: Precision;
  /** XLA compiles the whole function. */
  readonly jit: boolean;
}

let count = 0;

export function buildFunction(
  runtime: Runtime,
  graph: Graph,
  { fuses, precision }: Pick<Compilation, 'fuses' | 'precision'>,
): BuiltFunction {
  const { name } = graph;
  const functionName = `facewright_${name.replace(/\W/g, '_')}_${count++}`;
  const builder = new GraphBuilder(runtime, fuses);
  const tensors = new Tensors(builder, graph, precision);
  const enter = ({ value }: NamedValue): Ref => {
    const ref = builder.placeholder(value.dtype, value.shape);
    tensors.set(value, ref);
    return ref;
  };
  const entries = [...graph.state.map(enter), ...graph.inputs.map(enter)];
  for (const [value, data] of graph.constants) tensors.set(value, builder.constant(data, value.shape, value.dtype));
  for (const node of graph.nodes) lowerNode(builder, tensors, node, name);
  const results = [...graph.newState, ...graph.outputs].map(({ value }) => tensors.full(value).ref);
  runtime.library.c.TF_DeleteFunction(builder.finish(functionName, entries, results));
  return { name: functionName, newState: graph.newState.length, outputs: graph.outputs.length, nodes: builder.nodes };
}

function lowerNode(builder: GraphBuilder, tensors: Tensors, node: GraphNode, step: string): void {
  if (node.op === AFTER) {
    const [value, control] = node.inputs.map((input) => tensors.as(input));
    tensors.set(node.outputs[0], builder.after(value.ref, control.ref));
    return;
  }
  lower(node, tensors.forNode(node), builder, step).forEach((ref, i) => tensors.set(node.outputs[i], ref));
}
