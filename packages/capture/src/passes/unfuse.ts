/** Splits tfjs's fused kernels (`tf.fused.conv2d`, …) into plain ones, so that lowerings only need to know those. */
import { createValue, inputOf, optionalInput, type Graph, type GraphNode, type Value } from '../graph.js';

const PLAIN: Readonly<Record<string, { readonly op: string; readonly inputs: readonly string[] }>> = {
  FusedConv2D: { op: 'Conv2D', inputs: ['x', 'filter'] },
  FusedDepthwiseConv2D: { op: 'DepthwiseConv2dNative', inputs: ['x', 'filter'] },
  _FusedMatMul: { op: 'BatchMatMul', inputs: ['a', 'b'] },
};

const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  prelu: 'Prelu',
  leakyrelu: 'LeakyRelu',
};

export function unfuse(graph: Graph): Graph {
  return { ...graph, nodes: graph.nodes.flatMap(unfused) };
}

/** A fused kernel's plain kernels; any other kernel as it is. */
export function unfused(node: GraphNode): GraphNode[] {
  const plain = PLAIN[node.op];
  if (!plain) return [node];
  const [output] = node.outputs;
  const steps: GraphNode[] = [];
  const add = (
    op: string,
    named: readonly (readonly [string, Value])[],
    attrs: Readonly<Record<string, unknown>>,
  ): Value => {
    const value = createValue(output);
    steps.push({
      op,
      inputs: named.map(([, input]) => input),
      inputNames: named.map(([name]) => name),
      attrs,
      outputs: [value],
    });
    return value;
  };
  let result = add(
    plain.op,
    plain.inputs.map((name) => [name, inputOf(node, name)]),
    node.attrs,
  );
  const bias = optionalInput(node, 'bias');
  if (bias)
    result = add(
      'Add',
      [
        ['a', result],
        ['b', bias],
      ],
      {},
    );
  const activation = node.attrs.activation as string | undefined;
  if (activation && activation !== 'linear') {
    const slope = optionalInput(node, 'preluActivationWeights');
    const attrs = activation === 'leakyrelu' ? { alpha: node.attrs.leakyreluAlpha } : {};
    add(
      ACTIVATIONS[activation],
      slope
        ? [
            ['x', result],
            ['alpha', slope],
          ]
        : [['x', result]],
      attrs,
    );
  }
  // the last step produces the fused kernel's own result
  steps.push({ ...steps.pop()!, outputs: [output] });
  return steps;
}
