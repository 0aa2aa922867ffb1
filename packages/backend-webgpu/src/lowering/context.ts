/** Shared by the kernels' lowerings: tensors for the graph's values, and helpers for the most common nodes. */
import { Gap, type CapturedDType, type Graph, type GraphNode, type Value } from '@facewright/capture';
import { literal, type Code } from '../program/code.js';
import { pointwise, reduce, type Kind, type Node, type Reduce, type ReduceOp, type Tensor } from '../program/node.js';
import { broadcastStrides, sizeOf, viewIndex } from '../program/views.js';

/** Something without a lowering; the step then runs op by op. */
export const gap = (missing: string): Gap => new Gap(missing, { engine: 'webgpu' });

export type Lowering = (inputs: Inputs, node: GraphNode, context: LoweringContext) => Tensor | Tensor[];
export type Inputs = Readonly<Record<string, Tensor>>;
export type Lowerings = Readonly<Record<string, Lowering>>;

export const kindOf = (dtype: CapturedDType): Kind => (dtype === 'float32' ? 'f32' : 'i32');

/** The lowering of one graph. */
export class LoweringContext {
  private readonly shared = new Map<string, Tensor>();

  constructor(private readonly graph: Graph) {}

  /** The constant that all elements of a value equal, if known. */
  constantOf(value: Value): number | undefined {
    const data = this.graph.constants.get(value);
    return data?.length && data.every((number) => number === data[0]) ? data[0] : undefined;
  }

  /** Creates what several lowerings share (such as √(σ² + ε) of a layer, forward and backward) once. */
  once(key: string, nodes: readonly Tensor[], make: () => Tensor): Tensor {
    const whole = `${key}(${nodes.map(({ node }) => node.id).join()})`;
    const known = this.shared.get(whole);
    if (known) return known;
    const made = make();
    this.shared.set(whole, made);
    return made;
  }
}

export const tensor = (node: Node, shape: readonly number[]): Tensor => ({ node, shape });
export const reshaped = ({ node }: Tensor, shape: readonly number[]): Tensor => ({ node, shape });

/** A constant tensor. It takes no memory if it is only read. */
export function filled(shape: readonly number[], value: number, kind: Kind): Tensor {
  const text = literal(value, kind);
  return tensor(
    pointwise(sizeOf(shape), kind, [], 0, () => text),
    shape,
  );
}

/** The same values in separate memory. */
export const copied = ({ node, shape }: Tensor): Tensor =>
  tensor(
    pointwise(node.size, node.kind, [node], 1, (code, index) => code.at(node, index)),
    shape,
  );

/** A value for each position of `shape`, computed from the inputs' values there, with broadcasting. */
export function map(
  shape: readonly number[],
  kind: Kind,
  inputs: readonly Tensor[],
  cost: number,
  f: (...values: string[]) => string,
): Tensor {
  const strides = inputs.map((input) =>
    sizeOf(input.shape) === sizeOf(shape) ? undefined : broadcastStrides(input.shape, shape),
  );
  const emit = (code: Code, index: string): string =>
    f(...inputs.map((input, i) => code.at(input.node, strides[i] ? viewIndex(code, index, shape, strides[i]) : index)));
  return tensor(
    pointwise(
      sizeOf(shape),
      kind,
      inputs.map(({ node }) => node),
      cost,
      emit,
    ),
    shape,
  );
}

/** The tensor read by strides, with its own storage. */
export function view(input: Tensor, shape: readonly number[], strides: readonly number[], offset = 0): Tensor {
  return tensor(
    pointwise(sizeOf(shape), input.node.kind, [input.node], 1, (code, index) =>
      code.at(input.node, viewIndex(code, index, shape, strides, offset)),
    ),
    shape,
  );
}

export function cast(input: Tensor, kind: Kind): Tensor {
  return input.node.kind === kind ? input : map(input.shape, kind, [input], 0, (x) => `${kind}(${x})`);
}

/**
 * Workgroups that keep a large GPU busy: several on each of more than a hundred cores, so that one can compute while
 * another waits for memory.
 */
export const BUSY = 2048;

/**
 * Reduces the middle axis of [outer, length, inner], in two steps if one would have too few workgroups for the length.
 */
export function reduceAxis(input: Node, op: ReduceOp, outer: number, length: number, inner: number): Reduce {
  const columns = Math.min(32, inner);
  const lanes = Math.floor(128 / columns);
  const groups = outer * Math.ceil(inner / columns);
  const chunks = Math.max(1, Math.min(Math.ceil(BUSY / groups), Math.floor(length / (lanes * 8))));
  const first = reduce(input, op, { outer, length, chunks, inner });
  return chunks === 1 ? first : reduce(first, op, { outer, length: chunks, chunks: 1, inner });
}
