/**
 * Mixed precision: which tensors of a step are 16-bit floats. Convolutions always use them, and so does anything
 * between them that only moves values or works elementwise. Everything else is float32: the state, statistics, matrix
 * products of the head, the loss, the optimiser. (Micikevicius et al., arXiv 1710.03740; as there, 16-bit copies of the
 * weights are made anew in each step.)
 */
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT, PRELU_GRADIENT } from '@facewright/core';
import { AFTER, type Graph, type GraphNode, type Value } from '@facewright/capture';

interface Rule {
  /** Inputs used in 16 bits; default: all float inputs. */
  readonly inputs?: readonly string[];
  /** Outputs produced in 16 bits; default: all float outputs. */
  readonly outputs?: readonly number[];
  /** Only if these inputs are already in 16 bits; default: always. */
  readonly follows?: readonly string[] | 'all';
}

const always: Rule = {};
const following: Rule = { follows: 'all' };

const RULES: Readonly<Record<string, Rule>> = {
  Conv2D: always,
  FusedConv2D: always,
  Conv2DBackpropInput: always,
  Conv2DBackpropFilter: always,
  DepthwiseConv2dNative: always,
  FusedDepthwiseConv2D: always,
  DepthwiseConv2dNativeBackpropInput: always,
  DepthwiseConv2dNativeBackpropFilter: always,
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

export interface MixedPrecision {
  /** Whether the value is produced in 16 bits. */
  made(value: Value): boolean;
  /** Whether the node uses its input at that position in 16 bits. */
  taken(node: GraphNode, input: number): boolean;
}

/** Everything in float32. */
export const FULL_PRECISION: MixedPrecision = { made: () => false, taken: () => false };

export function mixedPrecision({ nodes }: Graph): MixedPrecision {
  const made = new Set<Value>();
  const ruled = new Map<GraphNode, Rule>();
  for (const node of nodes) {
    if (node.op === AFTER && made.has(node.inputs[0])) made.add(node.outputs[0]);
    const rule = RULES[node.op];
    if (!rule || !applies(rule, node, made)) continue;
    ruled.set(node, rule);
    node.outputs.forEach((value, i) => {
      if (value.dtype === 'float32' && (rule.outputs?.includes(i) ?? true)) made.add(value);
    });
  }
  return {
    made: (value) => made.has(value),
    taken(node, input) {
      const rule = ruled.get(node);
      if (!rule || node.inputs[input].dtype !== 'float32') return false;
      return rule.inputs?.includes(node.inputNames[input]) ?? true;
    },
  };
}

function applies({ follows }: Rule, { inputs, inputNames }: GraphNode, made: ReadonlySet<Value>): boolean {
  if (!follows) return true;
  const followed = inputs.filter((value, i) =>
    follows === 'all' ? value.dtype === 'float32' : follows.includes(inputNames[i]),
  );
  return followed.length > 0 && followed.every((value) => made.has(value));
}
