/**
 * Mixed precision: which tensors of a step are 16-bit floats. Convolutions and batch norm always use them, and so does
 * anything between them that only moves values or works elementwise. Everything else is float32: the state, statistics,
 * matrix products of the head, the loss, the optimiser. (Micikevicius et al., arXiv 1710.03740; as there, 16-bit copies
 * of the weights are made anew in each step.)
 */
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT, PRELU_GRADIENT } from '@facewright/core';
import type { GraphNode, Value } from '@facewright/capture';
import { cast } from '../lowering/cast.js';
import type { Emitter, Operand, Ref } from '../lowering/lowering.js';
import type { HalfType } from '../runtime/dtypes.js';

export type Precision = 'float32' | HalfType;

interface Rule {
  /** Inputs used in 16 bits; default: all float inputs. */
  readonly inputs?: readonly string[];
  /** Outputs produced in 16 bits; default: all. */
  readonly outputs?: readonly number[];
  /** Only if these inputs are already in 16 bits. */
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

/**
 * The tensors of a graph under construction: each in its original dtype, and in the other one once that is requested.
 */
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

  /** In its original dtype. */
  as(value: Value): Operand {
    return this.made.get(value)!;
  }

  /** In the dtype of the captured graph. */
  full(value: Value): Operand {
    return this.in(value, value.dtype);
  }

  /** A node's operands, and the dtype of each of its outputs. */
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
