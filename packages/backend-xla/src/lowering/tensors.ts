/** The tensors of a program under construction. */
import { FULL_PRECISION, mixedPrecision, type MixedPrecision } from '@facewright/compiled-engine';
import type { Graph, GraphNode, Value } from '@facewright/capture';
import type { Builder } from '../hlo/builder.js';
import type { Hlo } from '../hlo/value.js';
import type { ElementType } from '../pjrt/abi.js';
import type { Operands } from './lowering.js';

export type Precision = 'float32' | 'bfloat16';

const ELEMENTS: Readonly<Record<Value['dtype'], ElementType>> = { float32: 'f32', int32: 'i32', bool: 'i1' };
export const elementOf = ({ dtype }: Pick<Value, 'dtype'>): ElementType => ELEMENTS[dtype];

/** Each tensor in its original type, and in the other one once a node requests that. */
export class Tensors {
  private readonly values = new Map<Value, Hlo>();
  private readonly mixed: MixedPrecision;

  constructor(
    private readonly hlo: Builder,
    graph: Graph,
    precision: Precision,
  ) {
    this.mixed = precision === 'float32' ? FULL_PRECISION : mixedPrecision(graph);
  }

  set(value: Value, made: Hlo): void {
    this.values.set(value, made);
  }

  /** In its original type. */
  as(value: Value): Hlo {
    return this.values.get(value)!;
  }

  /** In the type of the captured graph. */
  full(value: Value): Hlo {
    return this.hlo.convert(this.as(value), elementOf(value));
  }

  /** A node's inputs, by tfjs's names. */
  inputsOf(node: GraphNode): Operands {
    return Object.fromEntries(
      node.inputs.map((value, i) => [
        node.inputNames[i],
        this.mixed.taken(node, i) ? this.hlo.convert(this.as(value), 'bf16') : this.full(value),
      ]),
    );
  }

  /** The type in which a node produces a value. */
  typeOf(value: Value): ElementType {
    return this.mixed.made(value) ? 'bf16' : elementOf(value);
  }
}
