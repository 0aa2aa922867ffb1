/**
 * The captured graph: values with shape and dtype, and tfjs kernels between them, in an order in which they can be run.
 * Passes never change a graph, they return another one.
 */

export type CapturedDType = 'float32' | 'int32' | 'bool';
export type ConstantData = Float32Array | Int32Array | Uint8Array;

/** What is known of a tensor while capturing. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: CapturedDType;
}

/** One tensor of the graph. Its identity is the object; the number is for people and for file names. */
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
}

export interface Graph {
  readonly name: string;
  /** Kept between calls. */
  readonly state: readonly NamedValue[];
  /** Given with each call. */
  readonly inputs: readonly NamedValue[];
  readonly constants: ReadonlyMap<Value, ConstantData>;
  readonly nodes: readonly GraphNode[];
  /** The changed entries of the state, under their names. */
  readonly newState: readonly NamedValue[];
  readonly outputs: readonly NamedValue[];
}

export function sizeOf({ shape }: { readonly shape: readonly number[] }): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Numbers as the typed array of a dtype; 0 and 1 for bool. */
export function constantOf(numbers: ArrayLike<number>, dtype: CapturedDType): ConstantData {
  if (dtype === 'float32') return Float32Array.from(numbers);
  return dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

/** Bytes of a tensor on the device; bool takes one byte a value. */
export const bytesOf = (value: TensorSpec): number => sizeOf(value) * (value.dtype === 'bool' ? 1 : 4);

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((dimension, i) => dimension === b[i]);

/** The input of that tfjs name; throws where the node has none, since that is a defect of a rule or a lowering. */
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
 * An op that passes add, no kernel of tfjs: `x` unchanged, but not before `control` is there. It keeps work that could be done early (a
 * recomputation) where its result is needed.
 */
export const AFTER = 'FacewrightAfter';

let nextId = 0;
/** A new value; ids are unique in the process. */
export function createValue({ shape, dtype }: TensorSpec): Value {
  return { id: nextId++, shape: [...shape], dtype };
}

/** The results of the graph: what must not be removed. */
export const results = (graph: Graph): Value[] => [...graph.newState, ...graph.outputs].map(({ value }) => value);

/** The graph with every use of a value replaced; chains are followed to their end. */
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
