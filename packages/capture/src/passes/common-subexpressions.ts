/** Computes the same kernel on the same inputs only once, and keeps equal constants only once. */
import { replaceValues, type ConstantData, type Graph, type GraphNode, type Value } from '../graph.js';

export function shareCommonSubexpressions(graph: Graph): Graph {
  const replacements = new Map<Value, Value>();
  const constants = new Map<Value, ConstantData>();
  const firstConstant = new Map<string, Value>();
  for (const [value, data] of graph.constants) {
    const key = `${value.dtype}|${value.shape.join()}|${digest(data)}`;
    const first = firstConstant.get(key);
    // the digest finds candidates; equality decides
    if (first && equal(constants.get(first)!, data)) replacements.set(value, first);
    else {
      if (!first) firstConstant.set(key, value);
      constants.set(value, data);
    }
  }
  const seen = new Map<string, GraphNode>();
  const nodes: GraphNode[] = [];
  for (const original of graph.nodes) {
    const inputs = original.inputs.map((input) => replacements.get(input) ?? input);
    const key = `${original.op}(${inputs.map((input, i) => `${original.inputNames[i]}:${input.id}`).join()})${JSON.stringify(original.attrs)}`;
    const same = seen.get(key);
    if (same) original.outputs.forEach((output, i) => replacements.set(output, same.outputs[i]));
    else {
      const node = { ...original, inputs };
      seen.set(key, node);
      nodes.push(node);
    }
  }
  return replaceValues({ ...graph, constants, nodes }, replacements);
}

/** FNV-1a over the values' bytes, subsampled for long constants. */
function digest(data: ConstantData): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const step = Math.max(1, Math.floor(bytes.length / 65536));
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i += step) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return `${bytes.length}:${hash >>> 0}`;
}

/** Bit for bit, so that 0 and −0 differ. */
function equal(a: ConstantData, b: ConstantData): boolean {
  const [left, right] = [a, b].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
