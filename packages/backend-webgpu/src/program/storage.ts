/**
 * Decides which values become arrays in memory and which are recomputed wherever they are read. GPUs are limited by
 * memory, so a value derived from few others is recomputed rather than stored; one that is expensive, or read by many
 * threads, is stored.
 */
import { HEAVY, type Node, type Pointwise } from './node.js';

/** Maximum number of stored values that one expression reads: kernels have few buffers, and need some for output. */
const MOST_LEAVES = 7;
/** A more expensive expression is not computed twice. */
const CHEAP = 14;
/** … and one above this cost is not recomputed for each value it is broadcast to. */
const TRIVIAL = 1;

export interface Storage {
  /** All nodes that the results need, in dependency order. */
  readonly order: readonly Node[];
  readonly stored: ReadonlySet<Node>;
  /** The stored nodes read to compute this node. */
  leavesOf(node: Node): ReadonlySet<Node>;
}

export function chooseStorage(results: readonly Node[]): Storage {
  const order = sorted(results);
  const readers = new Map<Node, Node[]>();
  for (const node of order) for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node]);
  const stored = new Set<Node>(results);
  const leaves = new Map<Node, Set<Node>>();
  const weights = new Map<Node, number>();
  const isStored = (node: Node): boolean => stored.has(node) || node.type !== 'pointwise';
  const leavesThrough = (node: Node): Iterable<Node> => (isStored(node) ? [node] : leaves.get(node)!);
  const gathered = (node: Node): Set<Node> => new Set(node.inputs.flatMap((input) => [...leavesThrough(input)]));
  for (const node of order) {
    let needed = gathered(node);
    while (needed.size > MOST_LEAVES) {
      const widest = node.inputs
        .filter((input) => !isStored(input))
        .sort((a, b) => leaves.get(b)!.size - leaves.get(a)!.size)[0];
      if (!widest || leaves.get(widest)!.size < 2) break;
      stored.add(widest);
      needed = gathered(node);
    }
    leaves.set(node, needed);
    if (node.type !== 'pointwise') {
      stored.add(node);
      continue;
    }
    const weight = node.cost + node.inputs.reduce((sum, input) => sum + (isStored(input) ? 0 : weights.get(input)!), 0);
    weights.set(node, weight);
    if (mustStore(node, weight, readers.get(node) ?? [])) stored.add(node);
  }
  // storing a node for one reader changes what its other readers read
  for (const node of order) leaves.set(node, gathered(node));
  return { order, stored, leavesOf: (node) => leaves.get(node)! };
}

function mustStore(node: Pointwise, weight: number, readers: readonly Node[]): boolean {
  if (node.cost >= HEAVY || readers.some(({ type }) => type === 'product')) return true;
  if (readers.length > 1 && weight > CHEAP) return true;
  return (
    weight > TRIVIAL &&
    readers.some((reader) => reader.type === 'pointwise' && (reader.size > node.size || reader.cost >= HEAVY))
  );
}

function sorted(results: readonly Node[]): Node[] {
  const done = new Set<Node>();
  const order: Node[] = [];
  const stack: { readonly node: Node; next: number }[] = [];
  for (const result of results) {
    stack.push({ node: result, next: 0 });
    while (stack.length) {
      const top = stack.at(-1)!;
      if (done.has(top.node)) stack.pop();
      else if (top.next < top.node.inputs.length) stack.push({ node: top.node.inputs[top.next++], next: 0 });
      else {
        done.add(top.node);
        order.push(top.node);
        stack.pop();
      }
    }
  }
  // ids grow while a step is lowered, so sorting by id keeps related nodes close
  return order.sort((a, b) => a.id - b.id);
}
