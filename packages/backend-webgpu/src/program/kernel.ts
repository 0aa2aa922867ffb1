/** A kernel before it is compiled: the stored nodes it computes, and how its source is generated. */
import type { CodeWriter } from './code.js';
import type { Kind, Node, Pointwise, Product, Reduce } from './node.js';

export interface Source {
  readonly wgsl: string;
  /** Buffers in binding order. One that is read and written in place occurs once. */
  readonly bindings: readonly Binding[];
  readonly workgroups: readonly [number, number, number];
}

export interface Binding {
  readonly node: Node;
  readonly access: 'read' | 'read_write';
}

/** What a kernel computes: values of one size each, or, for a reduction, of its finished size. */
export interface Work {
  readonly reduces: readonly Reduce[];
  readonly pointwise: readonly Pointwise[];
  readonly product?: Product;
}

export interface KernelContext {
  isStored(node: Node): boolean;
  /** The state entry that the node replaces, if it may be overwritten while it is read. */
  inPlaceOf(node: Node): Node | undefined;
  readonly limits: { readonly buffers: number; readonly threads: number; readonly groups: number };
}

export const wgslType: Readonly<Record<Kind, string>> = { f32: 'f32', i32: 'i32' };

/** The buffer declarations, and where each written node goes. */
export function declare(
  code: CodeWriter,
  writes: readonly Node[],
  context: KernelContext,
): { declarations: string; bindings: Binding[] } {
  const targets = writes.map((node) => context.inPlaceOf(node));
  const bindings: Binding[] = code.reads.map((node) => ({
    node,
    access: targets.includes(node) ? 'read_write' : 'read',
  }));
  const declarations = bindings.map(
    ({ node, access }, position) =>
      `@group(0) @binding(${position}) var<storage, ${access}> r${position}: array<${wgslType[node.kind]}>;`,
  );
  for (const [index, node] of writes.entries()) {
    if (targets[index] && code.reads.includes(targets[index])) continue;
    declarations.push(
      `@group(0) @binding(${bindings.length}) var<storage, read_write> w${index}: array<${wgslType[node.kind]}>;`,
    );
    bindings.push({ node, access: 'read_write' });
  }
  return { declarations: declarations.join('\n'), bindings };
}

/** The name of the kernel's output number `index`. */
export function targetName(code: CodeWriter, node: Node, index: number, context: KernelContext): string {
  const target = context.inPlaceOf(node);
  const position = target ? code.reads.indexOf(target) : -1;
  return position >= 0 ? `r${position}` : `w${index}`;
}

/** Workgroups for this many threads, in two axes if one is not enough. */
export function groupsFor(
  threads: number,
  size: number,
  { groups }: KernelContext['limits'],
): [number, number, number] {
  const wanted = Math.ceil(threads / size);
  if (wanted <= groups) return [wanted, 1, 1];
  const rows = Math.ceil(wanted / groups);
  return [Math.ceil(wanted / rows), rows, 1];
}
