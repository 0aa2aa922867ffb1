/**
 * The captured graph: values with shape and dtype, and tfjs kernels between them, in executable order. Passes never
 * modify a graph; they return a new one.
 */

export type CapturedDType = 'float32' | 'int32' | 'bool';
export type ConstantData = Float32Array | Int32Array | Uint8Array;

/** What is known about a tensor during capture. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: CapturedDType;
}

/** One tensor of the graph, identified by the object. The number is for display and file names. */
export interface Value extends TensorSpec {
  readonly id: number;
}

/** One kernel call. `inputNames` are tfjs's names (`x`, `filter`), or positions for kernels that take a list. */
export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly inputNames: readonly string[];
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Value[];
}

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
  /** An input that is passed as bytes; its value is int32. */
  readonly bytes?: boolean;
}

export interface Graph {
  readonly name: string;
  /** Kept between calls. */
  readonly state: readonly NamedValue[];
  /** Passed with each call. */
  readonly inputs: readonly NamedValue[];
  readonly constants: ReadonlyMap<Value, ConstantData>;
  readonly nodes: readonly GraphNode[];
  /** The changed state entries, under their names. */
  readonly newState: readonly NamedValue[];
  readonly outputs: readonly NamedValue[];
}

export function sizeOf({ shape }: { readonly shape: readonly number[] }): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Numbers as the typed array for a dtype; 0 and 1 for bool. */
export function constantOf(numbers: ArrayLike<number>, dtype: CapturedDType): ConstantData {
  if (dtype === 'float32') return Float32Array.from(numbers);
  return dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

/** Bytes of a tensor on the device, with one byte per bool. */
export const bytesOf = (value: TensorSpec): number => sizeOf(value) * (value.dtype === 'bool' ? 1 : 4);

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((dimension, i) => dimension === b[i]);

/** The input with that tfjs name. Throws if the node has none, which is a bug in a rule or lowering. */
export function inputOf(node: GraphNode, name: string): Value {
  const found = optionalInput(node, name);
  if (!found) throw new Error(`${node.op} has no input "${name}" (it has ${node.inputNames.join(', ')})`);
  return found;
}

export function optionalInput(node: GraphNode, name: string): Value | undefined {
  const index = node.inputNames.indexOf(name);
  return index < 0 ? undefined : node.inputs[index];
}

/**
 * An op added by passes that is not a tfjs kernel: returns `x` unchanged, but only once `control` is available. It
 * delays work that could be done early (a recomputation) until its result is needed.
 */
export const AFTER = 'FacewrightAfter';

let nextId = 0;
/** A new value with an id unique to the process. */
export function createValue({ shape, dtype }: TensorSpec): Value {
  return { id: nextId++, shape: [...shape], dtype };
}

/** The results of the graph, which must not be removed. */
export const results = (graph: Graph): Value[] => [...graph.newState, ...graph.outputs].map(({ value }) => value);

/** The graph with every use of a value replaced, following chains to their end. */
export function replaceValues(graph: Graph, replacements: ReadonlyMap<Value, Value>): Graph {
  if (replacements.size === 0) return graph;
  const end = (value: Value): Value => {
    let current = value;
    for (let next = replacements.get(current); next; next = replacements.get(current)) current = next;
    return current;
  };
  const named = (list: readonly NamedValue[]): NamedValue[] =>
    list.map(({ name, value }) => ({ name, value: end(value) }));
  return {
    ...graph,
    nodes: graph.nodes.map((node) =>
      node.inputs.some((input) => replacements.has(input)) ? { ...node, inputs: node.inputs.map(end) } : node,
    ),
    newState: named(graph.newState),
    outputs: named(graph.outputs),
  };
}
