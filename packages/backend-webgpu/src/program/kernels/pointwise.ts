/** One thread per value: computes each of the kernel's nodes at its index and writes them. */
import { CodeWriter } from '../code.js';
import { declare, groupsFor, targetName, type KernelContext, type Source } from '../kernel.js';
import type { Pointwise } from '../node.js';

const THREADS = 64;

export function pointwiseKernel(
  nodes: readonly Pointwise[],
  context: KernelContext,
): { source: Source; code: CodeWriter } {
  const [{ size }] = nodes;
  const code = new CodeWriter(context);
  const names = compute(code, nodes, 'i');
  const stores = nodes.map((node, index) => `${targetName(code, node, index, context)}[i] = ${names[index]};`);
  const { declarations, bindings } = declare(code, nodes, context);
  const workgroups = groupsFor(size, THREADS, context.limits);
  const wgsl = `${declarations}
@compute @workgroup_size(${THREADS}) fn main(@builtin(global_invocation_id) id: vec3u) {
let i = id.x${workgroups[1] > 1 ? ` + id.y * ${workgroups[0] * THREADS}u` : ''};
if (i >= ${size}u) { return; }
${code.text}
${stores.join('\n')}
}`;
  return { source: { wgsl, bindings, workgroups }, code };
}

/** The nodes' values at the index. If one reads another, the value comes from its variable. */
export function compute(code: CodeWriter, nodes: readonly Pointwise[], index: string): string[] {
  return nodes.map((node) => {
    const name = code.let(node.emit(code, index));
    code.define(node, name, index);
    return name;
  });
}
