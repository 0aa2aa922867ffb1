/** Removes nodes and constants that no output needs. */
import { results, type Graph, type Value } from '../graph.js';

export function removeDeadCode(graph: Graph): Graph {
  const needed = new Set<Value>(results(graph));
  const kept = [...graph.nodes].reverse().filter((node) => {
    if (!node.outputs.some((output) => needed.has(output))) return false;
    for (const input of node.inputs) needed.add(input);
    return true;
  });
  return {
    ...graph,
    nodes: kept.reverse(),
    constants: new Map([...graph.constants].filter(([value]) => needed.has(value))),
  };
}
