/**
 * Groups the stored nodes into kernels and orders those. Values of one size that share inputs, or read each other, come
 * from one kernel; anything that depends only on a reduction's result is computed at its end.
 */
import { Misaligned, type CodeWriter } from './code.js';
import type { KernelContext, Source, Work } from './kernel.js';
import { pointwiseKernel } from './kernels/pointwise.js';
import { productKernel } from './kernels/product.js';
import { reduceKernel } from './kernels/reduce.js';
import type { Geometry, Node, Pointwise, Reduce } from './node.js';
import type { Storage } from './storage.js';

/** How many kernels back to look for a partner: distant ones share nothing relevant, and the search stays linear. */
const REACH = 400;

export class Kernel implements Work {
  constructor(
    readonly reduces: readonly Reduce[],
    readonly pointwise: readonly Pointwise[],
    readonly product: Work['product'],
    readonly reads: ReadonlySet<Node>,
  ) {}

  get writes(): readonly Node[] {
    return this.product ? [this.product] : [...this.reduces, ...this.pointwise];
  }

  /** Its position before kernels were grouped. */
  get position(): number {
    return Math.min(...this.writes.map(({ id }) => id));
  }

  build(context: KernelContext): { source: Source; code: CodeWriter } {
    if (this.product) return productKernel(this.product, context);
    return this.reduces.length
      ? reduceKernel(this.reduces, this.pointwise, context)
      : pointwiseKernel(this.pointwise, context);
  }

  joined(other: Kernel): Kernel {
    const writes = new Set<Node>([...this.writes, ...other.writes]);
    const reads = new Set([...this.reads, ...other.reads].filter((node) => !writes.has(node)));
    return new Kernel(
      [...this.reduces, ...other.reduces],
      [...this.pointwise, ...other.pointwise].sort((a, b) => a.id - b.id),
      undefined,
      reads,
    );
  }
}

export function schedule({ order, stored, leavesOf }: Storage, limits: KernelContext['limits']): Kernel[] {
  const kernelOf = new Map<Node, Kernel>();
  for (const node of order) {
    if (!stored.has(node) || node.type === 'source') continue;
    kernelOf.set(
      node,
      new Kernel(
        node.type === 'reduce' ? [node] : [],
        node.type === 'pointwise' ? [node] : [],
        node.type === 'product' ? node : undefined,
        leavesOf(node),
      ),
    );
  }
  const context: KernelContext = { isStored: (node) => stored.has(node), inPlaceOf: () => undefined, limits };
  join(order, kernelOf, context);
  return ordered([...new Set(kernelOf.values())], kernelOf);
}

/** Merges each kernel with an earlier one if possible. */
function join(order: readonly Node[], kernelOf: Map<Node, Kernel>, context: KernelContext): void {
  const recent = new Map<string, Kernel[]>();
  for (const node of order) {
    const own = kernelOf.get(node);
    if (!own || own.product) continue;
    const key = keyOf(own);
    const candidates = recent.get(key) ?? [];
    const at = candidates.findLastIndex(
      (other) =>
        isRelated(own, other, kernelOf) && independent(own, other, kernelOf) && fits(own.joined(other), context),
    );
    if (at < 0) {
      recent.set(key, [...candidates, own].slice(-REACH));
      continue;
    }
    const whole = candidates[at].joined(own);
    candidates[at] = whole;
    for (const written of whole.writes) kernelOf.set(written, whole);
  }
}

/** Kernels with different keys cannot be merged, because their numbers of threads differ. */
function keyOf({ reduces, pointwise }: Kernel): string {
  if (!reduces.length) return `${pointwise[0].size}`;
  const { geometry } = reduces[0];
  // what follows a finished reduction has its size
  return geometry.chunks === 1 ? `${geometry.outer * geometry.inner}` : keyOfGeometry(geometry);
}
const keyOfGeometry = ({ outer, chunks, length, inner }: Geometry): string => `${outer}/${chunks}/${length}/${inner}`;

function isRelated(own: Kernel, other: Kernel, kernelOf: ReadonlyMap<Node, Kernel>): boolean {
  if (
    own.reduces.length &&
    other.reduces.length &&
    keyOfGeometry(own.reduces[0].geometry) !== keyOfGeometry(other.reduces[0].geometry)
  )
    return false;
  // a reduction reads before any of its kernel's other work is done
  if (own.reduces.length && (!other.reduces.length || other.writes.some((node) => own.reads.has(node)))) return false;
  for (const leaf of own.reads) {
    if (other.writes.includes(leaf) || other.reads.has(leaf)) return true;
    const maker = kernelOf.get(leaf);
    if (maker && [...other.reads].some((theirs) => kernelOf.get(theirs) === maker)) return true;
  }
  return false;
}

/** Whether no other kernel must run between the two. */
function independent(own: Kernel, other: Kernel, kernelOf: ReadonlyMap<Node, Kernel>): boolean {
  const seen = new Set<Kernel>();
  const reaches = (from: Kernel, goal: Kernel, direct: boolean): boolean => {
    for (const leaf of from.reads) {
      const maker = kernelOf.get(leaf);
      if (!maker) continue;
      if (maker === goal) {
        if (direct) continue;
        return true;
      }
      if (seen.has(maker)) continue;
      seen.add(maker);
      if (reaches(maker, goal, false)) return true;
    }
    return false;
  };
  if (reaches(own, other, true)) return false;
  seen.clear();
  return !reaches(other, own, false);
}

function fits(kernel: Kernel, context: KernelContext): boolean {
  if (kernel.reads.size + kernel.writes.length > context.limits.buffers) return false;
  try {
    return kernel.build(context).source.bindings.length <= context.limits.buffers;
  } catch (error) {
    if (error instanceof Misaligned) return false;
    throw error;
  }
}

/** Each kernel after those it reads from, otherwise by original position. */
function ordered(kernels: readonly Kernel[], kernelOf: ReadonlyMap<Node, Kernel>): Kernel[] {
  const done = new Set<Kernel>();
  const result: Kernel[] = [];
  const visit = (kernel: Kernel): void => {
    if (done.has(kernel)) return;
    done.add(kernel);
    for (const leaf of kernel.reads) {
      const maker = kernelOf.get(leaf);
      if (maker) visit(maker);
    }
    result.push(kernel);
  };
  for (const kernel of [...kernels].sort((a, b) => a.position - b.position)) visit(kernel);
  return result;
}
