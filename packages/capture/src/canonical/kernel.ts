/** One tfjs kernel call in canonical form, for engines that run op by op with their compiler's lowerings. */
import { Gap } from '../gap.js';
import { createValue, type GraphNode, type TensorSpec, type Value } from '../graph.js';
import { rules } from '../rules/index.js';
import { canonicalNodes } from './canonical.js';

export interface CanonicalKernel {
  /** By tfjs's names; kernels that take a list have '0', '1', … */
  readonly inputs: Readonly<Record<string, Value>>;
  /** In execution order. */
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly Value[];
}

/** Throws a `Gap` for a kernel that cannot be captured. */
export function canonicalKernel(
  op: string,
  specs: Readonly<Record<string, TensorSpec>>,
  attrs: Readonly<Record<string, unknown>>,
): CanonicalKernel {
  const rule = rules[op];
  if (!rule) throw new Gap(op);
  const inputs = Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, createValue(spec)]));
  const outputs = [rule(inputs, attrs)].flat().map(createValue);
  const node = { op, inputs: Object.values(inputs), inputNames: Object.keys(inputs), attrs, outputs };
  return { inputs, nodes: canonicalNodes(node), outputs };
}
