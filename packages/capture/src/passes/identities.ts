/**
 * Removes nodes that return their input: identities, casts to the same type, reshapes, transposes, tiles and broadcasts
 * that change nothing, and arithmetic with a neutral element (x + 0, x · 1, x / 1, x − 0). Merges consecutive reshapes.
 */
import { replaceValues, sameShape, type Graph, type GraphNode, type Value } from '../graph.js';

const HANDS_ON = new Set([
  'Identity',
  'Cast',
  'Reshape',
  'ExpandDims',
  'BroadcastTo',
  'Tile',
  'Slice',
  'Transpose',
  'PadV2',
]);

export function removeIdentities(graph: Graph): Graph {
  const replacements = new Map<Value, Value>();
  const current = (value: Value): Value => replacements.get(value) ?? value;
  const reshaped = new Map<Value, Value>();
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(current);
    const source = handedOn(node, inputs, graph);
    if (source) {
      replacements.set(node.outputs[0], source);
      continue;
    }
    if (node.op === 'Reshape' || node.op === 'ExpandDims') {
      const origin = reshaped.get(inputs[0]) ?? inputs[0];
      reshaped.set(node.outputs[0], origin);
      if (sameShape(origin.shape, node.outputs[0].shape)) replacements.set(node.outputs[0], origin);
      else
        nodes.push({
          op: 'Reshape',
          inputs: [origin],
          inputNames: ['x'],
          attrs: { shape: node.outputs[0].shape },
          outputs: node.outputs,
        });
      continue;
    }
    nodes.push(inputs.every((input, i) => input === node.inputs[i]) ? node : { ...node, inputs });
  }
  return replaceValues({ ...graph, nodes }, replacements);
}

function handedOn(node: GraphNode, inputs: readonly Value[], graph: Graph): Value | undefined {
  const [x] = inputs;
  const [output] = node.outputs;
  if (HANDS_ON.has(node.op)) {
    const changes =
      (node.op === 'Transpose' && !(node.attrs.perm as number[]).every((axis, i) => axis === i)) ||
      x.dtype !== output.dtype ||
      !sameShape(x.shape, output.shape);
    return changes ? undefined : x;
  }
  if (node.op === 'AddN' && inputs.length === 1) return x;
  const neutral = NEUTRAL[node.op];
  if (!neutral) return undefined;
  for (const [side, kept] of neutral.sides === 'both'
    ? ([
        [1, 0],
        [0, 1],
      ] as const)
    : ([[1, 0]] as const)) {
    const constant = graph.constants.get(inputs[side]);
    if (constant?.length && constant.every((number) => number === neutral.element) && fits(inputs[kept], output))
      return inputs[kept];
  }
  return undefined;
}

const NEUTRAL: Readonly<Record<string, { readonly element: number; readonly sides: 'right' | 'both' }>> = {
  Add: { element: 0, sides: 'both' },
  Sub: { element: 0, sides: 'right' },
  Multiply: { element: 1, sides: 'both' },
  RealDiv: { element: 1, sides: 'right' },
};

const fits = (value: Value, output: Value): boolean =>
  value.dtype === output.dtype && sameShape(value.shape, output.shape);
