/**
 * Mixed precision: which tensors of a step are floats of 16 bits. Convolutions and batch norm always compute with them, and so does what stands
 * between them and only moves values on or works value by value; all else is float32: the state, statistics, matrix products of the head, the
 * loss, the optimiser. (After Micikevicius et al., arXiv 1710.03740; there as here a weight's copy of 16 bits is made anew in each step.)
 */
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT, PRELU_GRADIENT } from '@facewright/core';
import type { GraphNode, Value } from '@facewright/capture';
import { cast } from '../lowering/cast.js';
import type { Emitter, Operand, Ref } from '../lowering/lowering.js';
import type { HalfType } from '../runtime/dtypes.js';

export type Precision = 'float32' | HalfType;

interface Rule {
  /** Inputs taken in 16 bits; default: all that are floats. */
  readonly inputs?: readonly string[];
  /** Outputs that come in 16 bits; default: all. */
  readonly outputs?: readonly number[];
  /** Only where these inputs are in 16 bits already. */
  readonly follows?: readonly string[] | 'all';
}

const anyway: Rule = {};
const following: Rule = { follows: 'all' };

const RULES: Readonly<Record<string, Rule>> = {
  Conv2D: anyway,
  FusedConv2D: anyway,
  Conv2DBackpropInput: anyway,
  Conv2DBackpropFilter: anyway,
  DepthwiseConv2dNative: anyway,
  FusedDepthwiseConv2D: anyway,
  DepthwiseConv2dNativeBackpropInput: anyway,
  DepthwiseConv2dNativeBackpropFilter: anyway,
  [BATCH_NORM_TRAINING]: { inputs: ['x'], outputs: [0], follows: ['x'] },
  [BATCH_NORM_TRAINING_GRADIENT]: { inputs: ['x', 'dy'], outputs: [0], follows: ['x'] },
  Prelu: { follows: ['x'] },
  [PRELU_GRADIENT]: { outputs: [0], follows: ['x'] },
  ...Object.fromEntries(
    [
      'Relu',
      'Relu6',
      'Step',
      'Add',
      'AddN',
      'Multiply',
      'Neg',
      'Identity',
      'Reshape',
      'Transpose',
      'Concat',
      'Slice',
      'PadV2',
      'MaxPool',
      'MaxPoolGrad',
      'AvgPool',
      'AvgPoolGrad',
    ].map((op) => [op, following]),
  ),
};

/** The tensors of a graph that is being built: each in the dtype in which it was made, and in the other one as soon as that is asked for. */
export class Tensors {
  private readonly made = new Map<Value, Operand>();
  private readonly converted = new Map<Value, Operand>();

  constructor(
    private readonly emit: Emitter,
    private readonly precision: Precision,
  ) {}

  set(value: Value, ref: Ref, dtype: Operand['dtype'] = value.dtype): void {
    this.made.set(value, { ref, shape: value.shape, dtype });
  }

  /** As it was made. */
  as(value: Value): Operand {
    return this.made.get(value)!;
  }

  /** In the dtype that the captured graph has for it. */
  full(value: Value): Operand {
    return this.in(value, value.dtype);
  }

  /** What a node gets, and the dtype of each of its outputs. */
  forNode(node: GraphNode): { operands: Record<string, Operand>; outputs: Operand['dtype'][] } {
    const half = this.precision === 'float32' ? undefined : this.precision;
    const rule = half && this.applies(node) ? RULES[node.op] : undefined;
    const operands = Object.fromEntries(
      node.inputNames.map((name, i) => {
        const value = node.inputs[i];
        return [
          name,
          rule && value.dtype === 'float32' && (rule.inputs?.includes(name) ?? true)
            ? this.in(value, half!)
            : this.full(value),
        ];
      }),
    );
    return {
      operands,
      outputs: node.outputs.map((value, i) =>
        rule && value.dtype === 'float32' && (rule.outputs?.includes(i) ?? true) ? half! : value.dtype,
      ),
    };
  }

  private applies({ op, inputs, inputNames }: GraphNode): boolean {
    const rule = RULES[op];
    if (!rule?.follows) return rule !== undefined;
    const { follows } = rule;
    const looked = inputs.filter((value, i) =>
      follows === 'all' ? value.dtype === 'float32' : follows.includes(inputNames[i]),
    );
    return looked.length > 0 && looked.every((value) => this.as(value).dtype === this.precision);
  }

  private in(value: Value, dtype: Operand['dtype']): Operand {
    const made = this.as(value);
    if (made.dtype === dtype) return made;
    let other = this.converted.get(value);
    if (!other) this.converted.set(value, (other = { ...made, ref: cast(this.emit, made, dtype), dtype }));
    return other;
  }
}
