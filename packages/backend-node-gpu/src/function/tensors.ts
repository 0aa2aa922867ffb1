/** The tensors of a function under construction. */
import { FULL_PRECISION, mixedPrecision, type MixedPrecision } from '@facewright/compiled-engine';
import type { Graph, GraphNode, Value } from '@facewright/capture';
import { cast } from '../lowering/cast.js';
import type { Emitter, Operand, Ref } from '../lowering/lowering.js';
import type { HalfType } from '../runtime/dtypes.js';

export type Precision = 'float32' | HalfType;

/** Each tensor in its original dtype, and in the other one once a node requests that. */
export class Tensors {
  private readonly operands = new Map<Value, Operand>();
  private readonly converted = new Map<Value, Operand>();
  private readonly mixed: MixedPrecision;

  constructor(
    private readonly emit: Emitter,
    graph: Graph,
    private readonly precision: Precision,
  ) {
    this.mixed = precision === 'float32' ? FULL_PRECISION : mixedPrecision(graph);
  }

  set(value: Value, ref: Ref): void {
    const dtype = this.mixed.made(value) ? this.precision : value.dtype;
    this.operands.set(value, { ref, shape: value.shape, dtype });
  }

  /** In its original dtype. */
  as(value: Value): Operand {
    return this.operands.get(value)!;
  }

  /** In the dtype of the captured graph. */
  full(value: Value): Operand {
    return this.in(value, value.dtype);
  }

  /** A node's operands, by tfjs's names. */
  forNode(node: GraphNode): Record<string, Operand> {
    return Object.fromEntries(
      node.inputs.map((value, i) => [
        node.inputNames[i],
        this.in(value, this.mixed.taken(node, i) ? this.precision : value.dtype),
      ]),
    );
  }

  private in(value: Value, dtype: Operand['dtype']): Operand {
    const made = this.as(value);
    if (made.dtype === dtype) return made;
    let other = this.converted.get(value);
    if (!other) this.converted.set(value, (other = { ...made, ref: cast(this.emit, made, dtype), dtype }));
    return other;
  }
}
