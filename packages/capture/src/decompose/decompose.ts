/**
 * Rewrites ops that an engine lacks into ones it has: each composite op has a formula in simpler tfjs ops (see
 * `training.ts` and its neighbours), which is captured in its place, repeatedly if necessary. Ops without a formula
 * remain, and the engine declares them as gaps.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { canonical } from '../canonical/canonical.js';
import { capture } from '../capture.js';
import { replaceValues, type Graph, type GraphNode, type Value } from '../graph.js';
import { shareCommonSubexpressions } from '../passes/common-subexpressions.js';
import { foldConstants } from '../passes/constant-folding.js';
import { removeDeadCode } from '../passes/dead-code.js';
import { removeIdentities } from '../passes/identities.js';
import type { Composite } from './composite.js';
import { elementwiseComposites } from './elementwise.js';
import { networkComposites } from './network.js';
import { reductionComposites } from './reduction.js';
import { shapeComposites } from './shape.js';
import { trainingComposites } from './training.js';

const COMPOSITES = {
  ...elementwiseComposites,
  ...shapeComposites,
  ...reductionComposites,
  ...networkComposites,
  ...trainingComposites,
} as Readonly<Record<string, Composite<never>>>;

/** Ops with a formula in terms of others. */
export const COMPOSITE_OPS: readonly string[] = Object.keys(COMPOSITES);

/** `graph` in canonical form, with ops that are not in `supported` decomposed where possible. */
export function decompose(graph: Graph, supported: { has(op: string): boolean }): Graph {
  const constants = new Map(graph.constants);
  const replacements = new Map<Value, Value>();
  const expand = (node: GraphNode, within: readonly string[]): GraphNode[] => {
    const composite = COMPOSITES[node.op];
    if (supported.has(node.op) || !composite || within.includes(node.op)) return [node];
    const part = captured(composite, node);
    const given = new Map(part.inputs.map(({ value }, i) => [value, node.inputs[i]]));
    const current = (value: Value): Value => given.get(value) ?? value;
    for (const [value, data] of part.constants) constants.set(value, data);
    part.outputs.forEach(({ value }, i) => replacements.set(node.outputs[i], current(value)));
    return part.nodes.flatMap((inner) => expand({ ...inner, inputs: inner.inputs.map(current) }, [...within, node.op]));
  };
  const whole = canonical(graph);
  const nodes = whole.nodes.flatMap((node) => expand(node, []));
  if (replacements.size === 0) return whole;
  return tidied(replaceValues({ ...whole, constants, nodes }, replacements));
}

const tidied = (graph: Graph): Graph =>
  [removeDeadCode, removeIdentities, foldConstants, shareCommonSubexpressions, removeDeadCode].reduce(
    (current, pass) => pass(current),
    graph,
  );

/** Creates new values on each call. */
function captured(composite: Composite<never>, node: GraphNode): Graph {
  const inputs = Object.fromEntries(node.inputNames.map((name, i) => [name, node.inputs[i]]));
  const part = capture(
    (_, given) => {
      const made = composite(given, node.attrs as never, node);
      const list: tf.Tensor[] = Array.isArray(made) ? made : [made];
      return { outputs: Object.fromEntries(list.map((tensor, i) => [String(i), tensor])) };
    },
    { inputs },
    { name: node.op },
  );
  part.outputs.forEach(({ value }, i) => {
    const { shape, dtype } = node.outputs[i];
    if (value.shape.join() !== shape.join() || value.dtype !== dtype)
      throw new Error(
        `the formula of ${node.op} gives ${value.dtype} [${value.shape.join()}], not ${dtype} [${shape.join()}]`,
      );
  });
  return canonical(part);
}
