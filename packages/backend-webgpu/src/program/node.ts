/**
 * The building blocks of a step on the way to WGSL: nodes are flat arrays on the device (or expressions that never
 * become one), and tensors are nodes with a shape, so reshaping is free.
 */

/** Booleans are i32, 0 or 1. */
export type Kind = 'f32' | 'i32';

/** The writer of a kernel's body, as seen by nodes. */
export interface Code {
  /** A name for the expression; equal expressions share a name. */
  let(expression: string): string;
  /** A unique name. */
  fresh(prefix: string): string;
  line(text: string): void;
  block(head: string, body: () => void): void;
  /** The node's value at an index, which is the name of a u32 or a number like `0u`. */
  at(node: Node, index: string): string;
}

interface Common {
  readonly id: number;
  /** Number of values. */
  readonly size: number;
  readonly kind: Kind;
}

/** Provided from outside: state, inputs and constants. */
export interface Source extends Common {
  readonly type: 'source';
  readonly inputs: readonly [];
}

/**
 * A value for each index, computed from others: inlined where it is read, or written by a kernel with one thread per
 * value.
 */
export interface Pointwise extends Common {
  readonly type: 'pointwise';
  readonly inputs: readonly Node[];
  /** Rough cost of one value; from `HEAVY` on it is computed only once. */
  readonly cost: number;
  /** WGSL for the value at `index`, the name of a u32. */
  emit(code: Code, index: string): string;
}

/**
 * Reduces the middle axis of [outer, length, inner] in `chunks` parts: [outer, chunks, inner]. A long axis takes two
 * reductions, the second over the parts of the first.
 */
export interface Reduce extends Common {
  readonly type: 'reduce';
  readonly inputs: readonly [Node];
  readonly op: ReduceOp;
  readonly geometry: Geometry;
}
export type ReduceOp = 'sum' | 'max' | 'min';
export interface Geometry {
  readonly outer: number;
  readonly length: number;
  readonly chunks: number;
  readonly inner: number;
}

/**
 * Partial products over the depth, [batch, splits, rows, columns]: a[row, k]·b[k, column], each split covering a part
 * of k.
 */
export interface Product extends Common {
  readonly type: 'product';
  readonly inputs: readonly [Node, Node];
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly splits: number;
  readonly a: Operand;
  readonly b: Operand;
  /** Whether the depth is the contiguous axis in memory. */
  readonly depthFirst: { readonly a: boolean; readonly b: boolean };
}
/** How to read an element: names of u32 in, WGSL of an f32 out. The indices are in range. */
export type Operand = (code: Code, node: Node, batch: string, first: string, second: string) => string;

export type Node = Source | Pointwise | Reduce | Product;

export interface Tensor {
  readonly node: Node;
  readonly shape: readonly number[];
}

export const HEAVY = 40;

let nextId = 0;
const newId = (): number => nextId++;

export const source = (size: number, kind: Kind): Source => ({ type: 'source', id: newId(), size, kind, inputs: [] });

export function pointwise(
  size: number,
  kind: Kind,
  inputs: readonly Node[],
  cost: number,
  emit: Pointwise['emit'],
): Pointwise {
  return { type: 'pointwise', id: newId(), size, kind, inputs, cost, emit };
}

export function reduce(input: Node, op: ReduceOp, geometry: Geometry): Reduce {
  return {
    type: 'reduce',
    id: newId(),
    size: geometry.outer * geometry.chunks * geometry.inner,
    kind: input.kind,
    inputs: [input],
    op,
    geometry,
  };
}

export function product(
  inputs: readonly [Node, Node],
  options: Pick<Product, 'batch' | 'rows' | 'columns' | 'depth' | 'splits' | 'a' | 'b' | 'depthFirst'>,
): Product {
  const { batch, rows, columns, splits } = options;
  return { type: 'product', id: newId(), size: batch * splits * rows * columns, kind: 'f32', inputs, ...options };
}
