/**
 * Finds state entries that a step only joins into one vector, as `stackUpdates` does, and vectors that it only splits
 * into new entries.
 */
import { sizeOf, type Graph, type GraphNode, type NamedValue, type Value } from '@facewright/capture';

/** Adjacent state entries. */
export interface Run {
  readonly entries: readonly NamedValue[];
  /** Their values, as joined by the step. */
  readonly vector: Value;
  /** Their new values, if the step has those as one vector too. */
  readonly next?: Value;
  /** Whether the step also reads the entries individually. */
  readonly divide: boolean;
}

export function findRuns(
  graph: Graph,
  allowed: (entry: NamedValue) => boolean,
): { runs: Run[]; skipped: Set<GraphNode> } {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const readers = new Map<Value, Set<GraphNode>>();
  for (const node of graph.nodes)
    for (const input of node.inputs) readers.set(input, (readers.get(input) ?? new Set()).add(node));
  const entries = new Map(graph.state.filter(allowed).map((entry) => [entry.value, entry]));
  const newValues = new Map(graph.newState.map(({ name, value }) => [name, value]));
  const leaving = new Set([...graph.newState, ...graph.outputs].map(({ value }) => value));
  const flattening = (value: Value): GraphNode | undefined => {
    const node = producers.get(value);
    return node?.op === 'Reshape' ? node : undefined;
  };
  const skipped = new Set<GraphNode>();
  const taken = new Set<NamedValue>();
  const runs: Run[] = [];
  for (const node of graph.nodes) {
    if (node.op !== 'Concat' || node.outputs[0].shape.length !== 1 || leaving.has(node.outputs[0])) continue;
    const sources = node.inputs.map((input) => entries.get(flattening(input)?.inputs[0] ?? input));
    if (!sources.every((entry) => entry !== undefined && !taken.has(entry)) || new Set(sources).size < sources.length)
      continue;
    const own = sources as NamedValue[];
    for (const entry of own) taken.add(entry);
    const reshapes = node.inputs
      .map(flattening)
      .filter((reshape) => reshape !== undefined)
      .filter(({ outputs }) => readers.get(outputs[0])!.size === 1 && !leaving.has(outputs[0]));
    for (const gone of [node, ...reshapes]) skipped.add(gone);
    const others = (value: Value): boolean =>
      leaving.has(value) || [...(readers.get(value) ?? [])].some((reader) => !skipped.has(reader));
    const next = nextOf(own);
    runs.push({ entries: own, vector: node.outputs[0], next, divide: own.some(({ value }) => others(value)) });
  }
  return { runs, skipped };

  /** The vector that is split into exactly these entries' new values and nothing else. */
  function nextOf(own: readonly NamedValue[]): Value | undefined {
    const values = own.map(({ name }) => newValues.get(name)!);
    const parts = values.map((value) => flattening(value)?.inputs[0] ?? value);
    const split = producers.get(parts[0]);
    if (
      split?.op !== 'SplitV' ||
      split.outputs.length !== parts.length ||
      !split.outputs.every((output, i) => output === parts[i] && sizeOf(output) === sizeOf(own[i].value))
    )
      return undefined;
    const reshapes = values.map(flattening).filter((reshape) => reshape !== undefined);
    const read = [...parts, ...values].some((value) =>
      [...(readers.get(value) ?? [])].some((reader) => !reshapes.includes(reader)),
    );
    if (read || values.some((value) => graph.outputs.some((output) => output.value === value))) return undefined;
    for (const gone of [split, ...reshapes]) skipped.add(gone);
    return split.inputs[0];
  }
}
