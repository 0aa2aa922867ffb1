/** Lifetimes of a graph's tensors, and the memory needed to run the nodes in order. */
import { AFTER, bytesOf, results, type Graph, type GraphNode, type Value } from './graph.js';

export interface Life {
  /** Index of the node that computes the value; −1 for inputs, state and constants. */
  readonly from: number;
  /** Index of the last node that reads it; the number of nodes for results. */
  readonly to: number;
}

export function lives(graph: Graph): Map<Value, Life> {
  const last = new Map<Value, number>();
  graph.nodes.forEach((node, index) => node.inputs.forEach((input) => last.set(input, index)));
  for (const value of results(graph)) last.set(value, graph.nodes.length);
  const found = new Map<Value, Life>();
  for (const { value } of [...graph.state, ...graph.inputs]) found.set(value, { from: -1, to: graph.nodes.length });
  for (const value of graph.constants.keys()) found.set(value, { from: -1, to: graph.nodes.length });
  graph.nodes.forEach((node, index) =>
    node.outputs.forEach((output) => found.set(output, { from: index, to: last.get(output) ?? index })),
  );
  return found;
}

/** What a lowering knows about memory that the graph does not show. */
export interface MemoryModel {
  /** Whether an output of the node needs no memory of its own: a view of the first input, or fused into its readers. */
  isView(node: GraphNode, output: Value): boolean;
  /** Bytes the node needs besides its inputs and outputs. */
  scratchBytes(node: GraphNode): number;
}

const VIEWS = new Set(['Reshape', 'ExpandDims', 'Identity', AFTER]);
export const plainMemory: MemoryModel = { isView: ({ op }) => VIEWS.has(op), scratchBytes: () => 0 };

export interface MemoryNeed {
  /** State, inputs and constants. */
  readonly fixedBytes: number;
  /** Peak memory of intermediate values and results. */
  readonly peakBytes: number;
  /** Index of the node where the peak occurs. */
  readonly peakAt: number;
}

/** The memory needed to run the nodes one after another, freeing each value after its last use. */
export function memoryNeed(graph: Graph, model: MemoryModel = plainMemory): MemoryNeed {
  const known = lives(graph);
  const freedAfter = new Map<number, number>();
  let fixedBytes = 0;
  const viewed = new Map<Value, Value>();
  const origin = (value: Value): Value => viewed.get(value) ?? value;
  const until = new Map<Value, number>();
  for (const node of graph.nodes)
    for (const output of node.outputs) if (model.isView(node, output)) viewed.set(output, origin(node.inputs[0]));
  for (const [value, life] of known) until.set(origin(value), Math.max(until.get(origin(value)) ?? -1, life.to));
  for (const [value, life] of known) {
    if (viewed.has(value)) continue;
    if (life.from < 0) fixedBytes += bytesOf(value);
    else freedAfter.set(until.get(value)!, (freedAfter.get(until.get(value)!) ?? 0) + bytesOf(value));
  }
  let live = 0;
  let peakBytes = 0;
  let peakAt = 0;
  graph.nodes.forEach((node, index) => {
    for (const output of node.outputs) if (!viewed.has(output)) live += bytesOf(output);
    const here = live + model.scratchBytes(node);
    if (here > peakBytes) [peakBytes, peakAt] = [here, index];
    live -= freedAfter.get(index) ?? 0;
  });
  return { fixedBytes, peakBytes, peakAt };
}
