/**
 * Trades computation for memory: values of the forward pass that wait long for their reader in the backward pass are
 * dropped and recomputed just before it (Chen et al., arXiv 1604.06174). Cheap ones go first, and no more than the
 * limit requires. Lifetimes tell which values are waiting at the peak, so there are no segments to choose.
 */
import { BATCH_NORM_TRAINING } from '@facewright/core';
import { AFTER, bytesOf, createValue, sizeOf, type Graph, type GraphNode, type Value } from '../graph.js';
import { lives, memoryNeed, plainMemory, type MemoryModel, type MemoryNeed } from '../lives.js';

export interface RematerialiseOptions {
  /** For state, inputs, constants and everything in between. */
  readonly limitBytes: number;
  readonly memory?: MemoryModel;
  /** Smaller values are kept, because recomputing them is not worth the nodes. Default 256 KB. */
  readonly smallestBytes?: number;
}

/** A reader at least this many nodes after the previous one counts as late. */
const GAP = 40;
const SMALLEST_BYTES = 1 << 18;

/** Cost of recomputing a value, from its size in bytes; ops that are not listed are never dropped. */
function workOf(node: GraphNode): number | undefined {
  switch (node.op) {
    case 'Prelu':
    case 'Relu':
    case 'Relu6':
    case 'Add':
    case 'Multiply':
      return 1;
    case BATCH_NORM_TRAINING:
    case 'FusedBatchNorm':
      return 1;
    case 'DepthwiseConv2dNative':
      return 2;
    // a matrix product: one multiplication per input channel and output number
    case 'Conv2D':
      return 2 + sizeOf(node.inputs[1]) / node.inputs[1].shape[3] / 16;
    default:
      return undefined;
  }
}

export function rematerialise(
  graph: Graph,
  { limitBytes, memory = plainMemory, smallestBytes = SMALLEST_BYTES }: RematerialiseOptions,
): { graph: Graph; need: MemoryNeed; dropped: number } {
  const total = (need: MemoryNeed): number => need.fixedBytes + need.peakBytes;
  const producers = producersOf(graph);
  const useless = new Set<Value>();
  let dropped = new Set<Value>();
  let best = { graph, need: memoryNeed(graph, memory) };
  while (total(best.need) > limitBytes) {
    const candidate = waiting(
      best.graph,
      best.need.peakAt,
      producers,
      memory,
      (value) => bytesOf(value) >= smallestBytes && !dropped.has(value) && !useless.has(value),
    );
    if (!candidate) break;
    const more = new Set([...dropped, candidate]);
    const next = without(graph, more, producers);
    const need = memoryNeed(next, memory);
    // equal peaks are accepted too: two moments may tie, and each needs its own drop
    if (total(need) > total(best.need)) useless.add(candidate);
    else [dropped, best] = [more, { graph: next, need }];
  }
  return { ...best, dropped: dropped.size };
}

const producersOf = (graph: Graph): Map<Value, GraphNode> =>
  new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));

/** Of the values waiting at the peak, the one that saves most memory for its cost. */
function waiting(
  graph: Graph,
  peakAt: number,
  producers: ReadonlyMap<Value, GraphNode>,
  memory: MemoryModel,
  allowed: (value: Value) => boolean,
): Value | undefined {
  const readers = readersOf(graph);
  let found: { value: Value; worth: number } | undefined;
  for (const [value, life] of lives(graph)) {
    const producer = producers.get(value);
    const work = producer && producer.outputs[0] === value ? workOf(producer) : undefined;
    if (!work || !producer || !allowed(value) || memory.isView(producer, value)) continue;
    if (life.from >= peakAt || life.to <= peakAt || lateFrom(readers.get(value) ?? []) === undefined) continue;
    const worth = bytesOf(value) / work ** 2;
    if (!found || worth > found.worth) found = { value, worth };
  }
  return found?.value;
}

function readersOf(graph: Graph): Map<Value, number[]> {
  const readers = new Map<Value, number[]>();
  graph.nodes.forEach((node, index) => {
    for (const input of new Set(node.inputs)) readers.set(input, [...(readers.get(input) ?? []), index]);
  });
  return readers;
}

/** Index of the first reader after the widest gap between readers, if the gap is wide enough. */
function lateFrom(readers: readonly number[]): number | undefined {
  let widest = GAP;
  let late: number | undefined;
  readers.forEach((index, i) => {
    const gap = i > 0 ? index - readers[i - 1] : 0;
    if (gap > widest) [widest, late] = [gap, index];
  });
  return late;
}

/** The graph in which late readers of dropped values read a recomputation of them. */
function without(graph: Graph, dropped: ReadonlySet<Value>, producers: ReadonlyMap<Value, GraphNode>): Graph {
  const readers = readersOf(graph);
  const madeAt = new Map(graph.nodes.flatMap((node, index) => node.outputs.map((output) => [output, index] as const)));
  const fresh = new Map<Value, Value>();
  const nodes: GraphNode[] = [];

  /**
   * Recomputes the dropped value from what is kept, once `control` is available. Recomputes views in between as well.
   */
  const again = (value: Value, control: Value): Value => {
    const known = fresh.get(value);
    if (known) return known;
    const producer = producers.get(value);
    if (!producer || !(dropped.has(value) || leadsToDropped(value))) return value;
    const node = recomputation(producer, value);
    let inputs = node.inputs.map((input) => again(input, control));
    if (inputs.every((input, i) => input === node.inputs[i])) {
      // the largest input waits for `control`; small ones (weights, statistics) may be read earlier
      const largest = inputs.reduce((most, input, i) => (bytesOf(input) > bytesOf(inputs[most]) ? i : most), 0);
      const held = createValue(inputs[largest]);
      nodes.push({
        op: AFTER,
        inputs: [inputs[largest], control],
        inputNames: ['x', 'control'],
        attrs: {},
        outputs: [held],
      });
      inputs = inputs.map((input, i) => (i === largest ? held : input));
    }
    const made = createValue(value);
    nodes.push({ ...node, inputs, outputs: [made] });
    fresh.set(value, made);
    return made;
  };

  /** A normalised value is not kept either if its source is dropped. */
  const leadsToDropped = (value: Value): boolean => {
    const producer = producers.get(value);
    return producer?.op === BATCH_NORM_TRAINING && producer.outputs[0] === value && dropped.has(producer.inputs[0]);
  };

  graph.nodes.forEach((node, index) => {
    const late = node.inputs.filter((input) => {
      if (!dropped.has(input) && !leadsToDropped(input)) return false;
      const from = lateFrom(readers.get(input) ?? []);
      return from !== undefined && index >= from;
    });
    if (late.length === 0) {
      nodes.push(node);
      return;
    }
    // the newest of the other inputs signals the right moment
    const others = node.inputs.filter((input) => !late.includes(input) && madeAt.has(input));
    const control = others.reduce<Value | undefined>(
      (newest, input) => (newest && madeAt.get(newest)! >= madeAt.get(input)! ? newest : input),
      undefined,
    );
    nodes.push(
      control
        ? { ...node, inputs: node.inputs.map((input) => (late.includes(input) ? again(input, control) : input)) }
        : node,
    );
  });
  return { ...graph, nodes };
}

/**
 * The node that recomputes the value. Batch statistics are available by then, so normalising uses the inference kernel
 * with them.
 */
function recomputation(producer: GraphNode, value: Value): GraphNode {
  if (producer.op !== BATCH_NORM_TRAINING || producer.outputs[0] !== value) return producer;
  const input = (name: string): Value => producer.inputs[producer.inputNames.indexOf(name)];
  return {
    op: 'FusedBatchNorm',
    inputs: [input('x'), input('gamma'), input('beta'), producer.outputs[1], producer.outputs[2]],
    inputNames: ['x', 'scale', 'offset', 'mean', 'variance'],
    attrs: { varianceEpsilon: producer.attrs.epsilon },
    outputs: [value],
  };
}
