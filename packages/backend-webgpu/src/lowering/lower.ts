/** Lowers a captured graph to nodes, kernel by kernel. */
import { decompose, type Graph, type NamedValue, type Value } from '@facewright/capture';
import { source, type Node, type Tensor } from '../program/node.js';
import { sizeOf } from '../program/views.js';
import { copied, filled, gap, kindOf, LoweringContext, tensor, type Lowerings } from './context.js';
import { elementwiseLowerings } from './elementwise.js';
import { networkLowerings } from './network.js';
import { reductionLowerings } from './reduction.js';
import { shapeLowerings } from './shape.js';
import { trainingLowerings } from './training.js';

const lowerings: Lowerings = {
  ...elementwiseLowerings,
  ...shapeLowerings,
  ...reductionLowerings,
  ...networkLowerings,
  ...trainingLowerings,
};

/** The ops with their own lowering; others are decomposed into these. */
export const LOWERED_OPS: ReadonlySet<string> = new Set(Object.keys(lowerings));

export interface Lowered {
  /** The nodes for state, inputs and constants. */
  readonly state: ReadonlyMap<string, Node>;
  readonly inputs: ReadonlyMap<string, Node>;
  readonly constants: ReadonlyMap<Node, Float32Array | Int32Array>;
  readonly newState: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/** Throws a `Gap` that names what has no lowering. */
export function lower(captured: Graph): Lowered {
  const graph = decompose(captured, LOWERED_OPS);
  const known = new Map<Value, Tensor>();
  const constants = new Map<Node, Float32Array | Int32Array>();
  const context = new LoweringContext(graph);
  const enter = (list: readonly NamedValue[]): Map<string, Node> =>
    new Map(
      list.map(({ name, value }) => {
        const node = source(sizeOf(value.shape), kindOf(value.dtype));
        known.set(value, tensor(node, value.shape));
        return [name, node];
      }),
    );
  const state = enter(graph.state);
  const inputs = enter(graph.inputs);
  for (const [value, data] of graph.constants) {
    const kind = kindOf(value.dtype);
    const single = context.constantOf(value);
    if (single !== undefined && Number.isFinite(Math.fround(single))) {
      known.set(value, filled(value.shape, single, kind));
      continue;
    }
    const node = source(sizeOf(value.shape), kind);
    constants.set(node, data instanceof Float32Array ? data : Int32Array.from(data));
    known.set(value, tensor(node, value.shape));
  }
  for (const node of graph.nodes) {
    const lowering = lowerings[node.op];
    if (!lowering) throw gap(node.op);
    if (node.outputs.some((output) => sizeOf(output.shape) === 0)) throw gap(`${node.op} with an empty result`);
    const given = Object.fromEntries(node.inputNames.map((name, i) => [name, known.get(node.inputs[i])!]));
    const made = lowering(given, node, context);
    (Array.isArray(made) ? made : [made]).forEach((one, i) => known.set(node.outputs[i], one));
  }
  const leave = (list: readonly NamedValue[]): Map<string, Tensor> =>
    new Map(list.map(({ name, value }) => [name, tensor(known.get(value)!.node, value.shape)]));
  // swapped entries would overwrite each other
  const newState = new Map(
    [...leave(graph.newState)].map(([name, made]) => [name, made.node.type === 'source' ? copied(made) : made]),
  );
  return { state, inputs, constants, newState, outputs: leave(graph.outputs) };
}
