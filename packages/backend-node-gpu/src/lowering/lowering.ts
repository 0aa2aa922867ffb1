/**
 * A lowering turns one kernel in canonical form into TensorFlow ops. The same table serves the engine that runs op by
 * op and the one that builds a TensorFlow function; only the emitter differs.
 */
import type { CanonicalOp, GraphNode, OpAttributes } from '@facewright/capture';
import { type, type Attributes } from '../runtime/attributes.js';
import { hostData, isHalf, type DType, type HostData, type TfType } from '../runtime/dtypes.js';

/** A tensor of the emitter, opaque to everything else. */
export type Ref = object;

/** An input of a kernel. */
export interface Operand {
  readonly ref: Ref;
  readonly shape: readonly number[];
  readonly dtype: TfType;
}

export interface Emitter {
  /** Whether ops run on a GPU, where a few of TensorFlow's kernels differ. */
  readonly gpu: boolean;
  /** An op with one output. An array among the inputs is a list input. */
  op(name: string, inputs: readonly (Ref | readonly Ref[])[], attributes?: Attributes): Ref;
  /** An op with several outputs. */
  ops(name: string, inputs: readonly (Ref | readonly Ref[])[], attributes: Attributes, outputs: number): Ref[];
  constant(data: HostData, shape: readonly number[], dtype: DType): Ref;
  /**
   * Ops that would take several passes over memory where one is enough: XLA compiles them into one if the emitter
   * supports it, otherwise they are simply emitted. `name` identifies the body; inputs with the same shapes share a
   * compilation.
   */
  fused(
    name: string,
    inputs: readonly Operand[],
    body: (refs: readonly Ref[], emit: Emitter) => readonly Ref[],
  ): readonly Ref[];
}

/** Inputs by tfjs's names; '0', '1', … for kernels that take a list. */
export type Operands = Readonly<Record<string, Operand>>;
type LoweringOf<Attributes> = (inputs: Operands, attrs: Attributes, emit: Emitter, node: GraphNode) => Ref | Ref[];
export type Lowering<Op extends CanonicalOp> = LoweringOf<OpAttributes[Op]>;
/** For ops whose attributes do not matter. */
export type PlainLowering = LoweringOf<unknown>;
export type Lowerings = { readonly [Op in CanonicalOp]?: Lowering<Op> };

export const loweringsFor = <Op extends CanonicalOp>(
  names: readonly Op[],
  lowering: (name: Op) => Lowering<Op>,
): Lowerings => Object.fromEntries(names.map((name) => [name, lowering(name)]));

/** The inputs of a kernel that takes a list, in order. */
export const listed = (inputs: Operands): Operand[] =>
  Object.keys(inputs)
    .sort((a, b) => Number(a) - Number(b))
    .map((key) => inputs[key]);

export const scalarOf = (emit: Emitter, value: number, dtype: TfType = 'float32'): Ref =>
  isHalf(dtype)
    ? emit.op('Cast', [scalarOf(emit, value)], { DstT: type(dtype) })
    : emit.constant(hostData(dtype, 1).fill(value), [], dtype);
export const vectorOf = (emit: Emitter, values: readonly number[]): Ref =>
  emit.constant(Int32Array.from(values), [values.length], 'int32');
export const reshaped = (emit: Emitter, ref: Ref, shape: readonly number[]): Ref =>
  emit.op('Reshape', [ref, vectorOf(emit, shape)]);
export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, dimension) => product * dimension, 1);
