/**
 * Merges identical work on many small tensors into work on one long vector. An optimiser runs a dozen kernels per
 * parameter on a few hundred numbers, where launching a kernel costs more than its work. The same goes for the norm of
 * all gradients.
 */
import { createValue, results, sameShape, sizeOf, type Graph, type GraphNode, type Value } from '../graph.js';

/** With fewer tensors the work is not merged. */
const FEWEST = 3;
/** Tensors with this many numbers justify their own kernels, and are not worth copying. */
const LARGE = 262_144;

/** Elementwise kernels. */
const ELEMENTWISE = new Set([
  'Abs',
  'Add',
  'ClipByValue',
  'Exp',
  'Log',
  'Maximum',
  'Minimum',
  'Multiply',
  'Neg',
  'RealDiv',
  'Reciprocal',
  'Rsqrt',
  'Sign',
  'Sqrt',
  'Square',
  'SquaredDifference',
  'Sub',
]);

const stackable = (value: Value): boolean => value.dtype === 'float32' && sizeOf(value) > 1 && sizeOf(value) < LARGE;
const isScalar = (value: Value): boolean => sizeOf(value) === 1 && value.shape.length <= 1;

export const stackUpdates = (graph: Graph): Graph => stackTail(stackSquares(graph));

function readersOf(graph: Graph): Map<Value, GraphNode[]> {
  const readers = new Map<Value, GraphNode[]>();
  for (const node of graph.nodes)
    for (const input of new Set(node.inputs)) readers.set(input, [...(readers.get(input) ?? []), node]);
  return readers;
}

/** Concatenates the values' numbers into one vector; returns it with the nodes that create it. */
function joined(values: readonly Value[]): { vector: Value; nodes: GraphNode[] } {
  const nodes: GraphNode[] = [];
  const flat = values.map((value) => {
    if (value.shape.length === 1) return value;
    const output = createValue({ shape: [sizeOf(value)], dtype: value.dtype });
    nodes.push({
      op: 'Reshape',
      inputs: [value],
      inputNames: ['x'],
      attrs: { shape: output.shape },
      outputs: [output],
    });
    return output;
  });
  const vector = createValue({ shape: [flat.reduce((sum, value) => sum + sizeOf(value), 0)], dtype: values[0].dtype });
  nodes.push({
    op: 'Concat',
    inputs: flat,
    inputNames: flat.map((_, i) => String(i)),
    attrs: { axis: 0 },
    outputs: [vector],
  });
  return { vector, nodes };
}

/** Σᵢ Σ xᵢ² over many tensors, as the norm of all gradients has it, as one sum of squares over all their numbers. */
export function stackSquares(graph: Graph): Graph {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const squared = (value: Value): Value | undefined => {
    const sum = producers.get(value);
    const square = sum?.op === 'Sum' && value.shape.length === 0 ? producers.get(sum.inputs[0]) : undefined;
    return square?.op === 'Square' && stackable(square.inputs[0]) ? square.inputs[0] : undefined;
  };
  let found = false;
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    if (node.op !== 'AddN') return [node];
    const small = node.inputs.map(squared).filter((value) => value !== undefined);
    if (small.length < FEWEST) return [node];
    found = true;
    const { vector, nodes: joining } = joined(small);
    const [square, sum] = [createValue(vector), createValue({ shape: [], dtype: 'float32' })];
    const inputs = [sum, ...node.inputs.filter((value) => !squared(value))];
    return [
      ...joining,
      { op: 'Square', inputs: [vector], inputNames: ['x'], attrs: {}, outputs: [square] },
      { op: 'Sum', inputs: [square], inputNames: ['x'], attrs: { axis: [0], keepDims: false }, outputs: [sum] },
      { ...node, inputs, inputNames: inputs.map((_, i) => String(i)) },
    ];
  });
  return found ? withoutUnread({ ...graph, nodes }) : graph;
}

/** Removes nodes that nothing reads any more. */
function withoutUnread(graph: Graph): Graph {
  const read = new Set(results(graph));
  const kept = [...graph.nodes].reverse().filter((node) => {
    if (!node.outputs.some((output) => read.has(output))) return false;
    for (const input of node.inputs) read.add(input);
    return true;
  });
  return { ...graph, nodes: kept.reverse() };
}

/**
 * The elementwise nodes that lead only to the new state. Nothing else waits for them, so they can run together at the
 * end.
 */
function tailOf(graph: Graph): Set<GraphNode> {
  const readers = readersOf(graph);
  const [outputs, newState] = [graph.outputs, graph.newState].map((list) => new Set(list.map(({ value }) => value)));
  const tail = new Set<GraphNode>();
  for (const node of [...graph.nodes].reverse()) {
    const [output] = node.outputs;
    const fits =
      ELEMENTWISE.has(node.op) &&
      stackable(output) &&
      !outputs.has(output) &&
      node.inputs.every((input) => isScalar(input) || sameShape(input.shape, output.shape));
    const read = readers.get(output) ?? [];
    if (fits && (read.length > 0 || newState.has(output)) && read.every((reader) => tail.has(reader))) tail.add(node);
  }
  return tail;
}

/** Nodes connected by shared tensors: the update of one parameter. */
function components(nodes: readonly GraphNode[]): GraphNode[][] {
  const parts = new Map<Value, GraphNode[]>();
  for (const node of nodes) {
    const values = [...node.inputs.filter((input) => !isScalar(input)), ...node.outputs];
    const merged = [...new Set(values.flatMap((value) => parts.get(value) ?? [])), node];
    const touched = new Set([
      ...values,
      ...merged.flatMap(({ inputs, outputs }) => [...inputs.filter((input) => !isScalar(input)), ...outputs]),
    ]);
    for (const value of touched) parts.set(value, merged);
  }
  const position = new Map(nodes.map((node, index) => [node, index]));
  return [...new Set(parts.values())].map((part) => part.sort((a, b) => position.get(a)! - position.get(b)!));
}

interface Component {
  readonly nodes: readonly GraphNode[];
  /** What it reads from outside, except scalars. */
  readonly leaves: readonly Value[];
  /** Equal for components that compute the same function. */
  readonly form: string;
}

function described(nodes: readonly GraphNode[], newState: ReadonlySet<Value>): Component {
  const made = new Map(nodes.map((node, index) => [node.outputs[0], index]));
  const leaves: Value[] = [];
  const operand = (value: Value): string => {
    if (isScalar(value)) return `scalar ${value.id}`;
    if (made.has(value)) return `made ${made.get(value)}`;
    if (!leaves.includes(value)) leaves.push(value);
    return `leaf ${leaves.indexOf(value)}`;
  };
  const form = nodes.map((node) => [
    node.op,
    node.attrs,
    node.inputNames,
    node.inputs.map(operand),
    newState.has(node.outputs[0]),
  ]);
  return { nodes, leaves, form: JSON.stringify(form) };
}

function stackTail(graph: Graph): Graph {
  const tail = tailOf(graph);
  const newState = new Set(graph.newState.map(({ value }) => value));
  const groups = new Map<string, Component[]>();
  for (const nodes of components(graph.nodes.filter((node) => tail.has(node)))) {
    const component = described(nodes, newState);
    groups.set(component.form, [...(groups.get(component.form) ?? []), component]);
  }
  const stacked = [...groups.values()].filter((group) => group.length >= FEWEST);
  const gone = new Set(stacked.flatMap((group) => group.flatMap(({ nodes }) => nodes)));
  return {
    ...graph,
    nodes: [...graph.nodes.filter((node) => !gone.has(node)), ...stacked.flatMap((group) => stack(group, newState))],
  };
}

function stack(group: readonly Component[], newState: ReadonlySet<Value>): GraphNode[] {
  const [first] = group;
  const sizes = group.map(({ nodes }) => sizeOf(nodes[0].outputs[0]));
  const vectors = new Map<Value, Value>();
  const nodes: GraphNode[] = first.leaves.flatMap((leaf, i) => {
    const { vector, nodes: joining } = joined(group.map(({ leaves }) => leaves[i]));
    vectors.set(leaf, vector);
    return joining;
  });
  first.nodes.forEach((node, i) => {
    const vector = createValue({ shape: [sizes.reduce((sum, size) => sum + size, 0)], dtype: 'float32' });
    vectors.set(node.outputs[0], vector);
    nodes.push({ ...node, inputs: node.inputs.map((input) => vectors.get(input) ?? input), outputs: [vector] });
    if (newState.has(node.outputs[0]))
      nodes.push(
        ...divided(
          vector,
          sizes,
          group.map((component) => component.nodes[i].outputs[0]),
        ),
      );
  });
  return nodes;
}

/** Splits the vector back into the original values. */
function divided(vector: Value, sizes: readonly number[], values: readonly Value[]): GraphNode[] {
  const parts = values.map((value) =>
    value.shape.length === 1 ? value : createValue({ shape: [sizeOf(value)], dtype: value.dtype }),
  );
  const reshapes = values.flatMap((value, i): GraphNode[] =>
    parts[i] === value
      ? []
      : [{ op: 'Reshape', inputs: [parts[i]], inputNames: ['x'], attrs: { shape: value.shape }, outputs: [value] }],
  );
  return [
    {
      op: 'SplitV',
      inputs: [vector],
      inputNames: ['x'],
      attrs: { numOrSizeSplits: [...sizes], axis: 0 },
      outputs: parts,
    },
    ...reshapes,
  ];
}
