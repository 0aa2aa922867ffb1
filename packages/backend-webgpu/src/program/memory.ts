/**
 * Memory of stored nodes: which of them replace a state entry in place, and which share memory because they are never
 * needed at the same time.
 */
import type { Lowered } from '../lowering/lower.js';
import type { KernelContext } from './kernel.js';
import type { Node } from './node.js';
import type { Kernel } from './schedule.js';

export interface MemoryPlan {
  /** New state entries that overwrite the old ones in place. */
  readonly inPlace: ReadonlyMap<Node, Node>;
  /** The block of memory for every other stored node. */
  readonly slotOf: ReadonlyMap<Node, number>;
  /** Size of each block in bytes. */
  readonly slots: readonly number[];
}

export function planMemory(kernels: readonly Kernel[], lowered: Lowered, context: KernelContext): MemoryPlan {
  const lastRead = new Map<Node, number>();
  kernels.forEach((kernel, position) => kernel.reads.forEach((node) => lastRead.set(node, position)));
  const inPlace = chooseInPlace(kernels, lowered, lastRead, context);
  const kept = new Set<Node>([...lowered.outputs.values(), ...lowered.newState.values()].map(({ node }) => node));
  const slots: number[] = [];
  const slotOf = new Map<Node, number>();
  const free = new Set<number>();
  kernels.forEach((kernel, position) => {
    const written = kernel.writes.filter((node) => !inPlace.has(node));
    // largest first: takes the largest free block, and enlarges it if necessary
    for (const node of [...written].sort((a, b) => b.size - a.size)) slotOf.set(node, take(free, slots, 4 * node.size));
    const over = [...kernel.reads, ...written].filter(
      (node) => slotOf.has(node) && !kept.has(node) && (lastRead.get(node) ?? position) === position,
    );
    for (const node of over) free.add(slotOf.get(node)!);
  });
  return { inPlace, slotOf, slots };
}

function take(free: Set<number>, slots: number[], bytes: number): number {
  const bySize = [...free].sort((a, b) => slots[a] - slots[b]);
  const chosen = bySize.find((slot) => slots[slot] >= bytes) ?? bySize.at(-1);
  if (chosen === undefined) return slots.push(bytes) - 1;
  free.delete(chosen);
  slots[chosen] = Math.max(slots[chosen], bytes);
  return chosen;
}

/**
 * The last kernel that reads an old entry may overwrite it with the new one, if each of its threads reads only what it
 * writes.
 */
function chooseInPlace(
  kernels: readonly Kernel[],
  { state, newState, outputs }: Lowered,
  lastRead: ReadonlyMap<Node, number>,
  context: KernelContext,
): Map<Node, Node> {
  const makers = new Map<Node, number>();
  kernels.forEach((kernel, position) => kernel.writes.forEach((node) => makers.set(node, position)));
  const shown = new Set([...outputs.values()].map(({ node }) => node));
  const chosen = new Map<Node, Node>();
  for (const [name, { node }] of newState) {
    const old = state.get(name)!;
    const at = makers.get(node);
    if (at === undefined || chosen.has(node) || shown.has(old) || (lastRead.get(old) ?? -1) > at) continue;
    const indices = lastRead.get(old) === at ? kernels[at].build(context).code.readAt.get(old) : undefined;
    if ([...(indices ?? [])].every((index) => index === 'i')) chosen.set(node, old);
  }
  return chosen;
}
