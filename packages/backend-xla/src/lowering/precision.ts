/**
 * Which tensors of a step are bfloat16 if that is requested. Convolutions always use it, and so does anything between
 * them that only moves values or works elementwise. Everything else is float32: the state, statistics, the head's
 * matrix product, the loss, the optimiser. (Micikevicius et al., arXiv 1710.03740.)
 */
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT, PRELU_GRADIENT } from '@facewright/core';
import type { GraphNode, Value } from '@facewright/capture';
import type { Builder } from '../hlo/builder.js';
import type { Hlo } from '../hlo/value.js';
import type { ElementType } from '../pjrt/abi.js';
import type { Operands } from './lowering.js';

export type Precision = 'float32' | 'bfloat16';

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
  Conv2DBackpropInput: anyway,
  Conv2DBackpropFilter: anyway,
  DepthwiseConv2dNative: anyway,
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

const ELEMENTS: Readonly<Record<Value['dtype'], ElementType>> = { float32: 'f32', int32: 'i32', bool: 'i1' };
export const elementOf = ({ dtype }: Pick<Value, 'dtype'>): ElementType => ELEMENTS[dtype];

/**
 * The tensors of a program under construction: each in its original type, and in the other one once that is requested.
 */
export class Tensors {
  private readonly made = new Map<Value, Hlo>();

  constructor(
    private readonly hlo: Builder,
    private readonly precision: Precision,
  ) {}

  set(value: Value, made: Hlo): void {
    this.made.set(value, made);
  }

  /** In its original type. */
  as(value: Value): Hlo {
    return this.made.get(value)!;
  }

  /** In the type of the captured graph. */
  full(value: Value): Hlo {
    return this.hlo.convert(this.as(value), elementOf(value));
  }

  /** A node's inputs, and the types of its outputs. */
  forNode(node: GraphNode): { inputs: Operands; types: ElementType[] } {
    const rule = this.precision === 'bfloat16' && this.applies(node) ? RULES[node.op] : undefined;
    const half = (value: Value, chosen: boolean | undefined): boolean =>
      rule !== undefined && value.dtype === 'float32' && (chosen ?? true);
    return {
      inputs: Object.fromEntries(
        node.inputNames.map((name, i) => {
          const value = node.inputs[i];
          return [
            name,
            half(value, rule?.inputs?.includes(name)) ? this.hlo.convert(this.as(value), 'bf16') : this.full(value),
          ];
        }),
      ),
      types: node.outputs.map((value, i) => (half(value, rule?.outputs?.includes(i)) ? 'bf16' : elementOf(value))),
    };
  }

  private applies({ op, inputs, inputNames }: GraphNode): boolean {
    const rule = RULES[op];
    if (!rule?.follows) return rule !== undefined;
    const { follows } = rule;
    const looked = inputs.filter((value, i) =>
      follows === 'all' ? value.dtype === 'float32' : follows.includes(inputNames[i]),
    );
    return looked.length > 0 && looked.every((value) => this.as(value).type === 'bf16');
  }
}
