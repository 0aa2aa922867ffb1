/** Lowers a captured step to the text of a StableHLO program. */
import {
  AFTER,
  canonical,
  Gap,
  stackSquares,
  type Graph,
  type GraphNode,
  type NamedValue,
  type Value,
} from '@facewright/capture';
import { Builder } from '../hlo/builder.js';
import type { Hlo } from '../hlo/value.js';
import { shardingOfInput, shardingOfState, shardyAttribute, type Sharding } from '../run/sharding.js';
import { lowerings } from './index.js';
import type { Target } from './lowering.js';
import { elementOf, Tensors, type Precision } from './tensors.js';

export interface LowerOptions extends Target {
  readonly precision: Precision;
}

export interface Lowered {
  /** Name of the step. */
  readonly name: string;
  readonly text: string;
  /** Arguments in order: the state, then the inputs. */
  readonly state: readonly string[];
  readonly inputs: readonly string[];
  /** Results in order: the new state, then the outputs. */
  readonly newState: readonly string[];
  readonly outputs: readonly string[];
  /** Specs of the results; booleans are integers on the host. */
  readonly results: readonly LoweredResult[];
}

export interface LoweredResult {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly sharding: Sharding;
}

const names = (list: readonly NamedValue[]): string[] => list.map(({ name }) => name);

export function lower(captured: Graph, options: LowerOptions): Lowered {
  // a sum of squares per parameter would be a kernel or two for each
  const graph = canonical(stackSquares(captured));
  const { devices, largestWhole } = options;
  const shardings = new Map(
    graph.state.map(({ name, value }) => [name, shardingOfState(value, devices, largestWhole)]),
  );
  const hlo = new Builder();
  const tensors = new Tensors(hlo, graph, options.precision);
  const shared = (shape: readonly number[], sharding: Sharding): string[] =>
    devices > 1 ? [shardyAttribute(shape, sharding)] : [];
  const enter = (
    name: string,
    value: Value,
    sharding: Sharding,
    attributes: readonly string[],
    given = elementOf(value),
  ): void => {
    const spec = { shape: value.shape, type: given };
    const argument = hlo.argument(name, spec, [...attributes, ...shared(value.shape, sharding)]);
    tensors.set(value, hlo.convert(argument, elementOf(value)));
  };
  const replaced = new Map(graph.newState.map(({ name }, i) => [name, i]));
  for (const { name, value } of graph.state)
    enter(`state.${name}`, value, shardings.get(name), donated(replaced.get(name), devices));
  for (const { name, value, bytes } of graph.inputs)
    enter(`input.${name}`, value, shardingOfInput(value, devices), [], bytes ? 'ui8' : undefined);
  for (const [value, data] of graph.constants) tensors.set(value, hlo.constant(data, value.shape, elementOf(value)));
  const divided = new Set(
    graph.state.flatMap(({ name, value }) => {
      const axis = shardings.get(name);
      return axis === undefined ? [] : [value.shape[axis]];
    }),
  );
  for (const node of graph.nodes) lowerNode(hlo, tensors, node, graph.name, options, divided);
  const made = [...graph.newState.map(({ value }) => tensors.full(value)), ...outputsOf(hlo, tensors, graph)];
  const results = made.map((value, i) => {
    const sharding = i < graph.newState.length ? shardings.get(graph.newState[i].name) : undefined;
    return { value, sharding, attributes: shared(value.shape, sharding) };
  });
  const mesh = {
    module: `mhlo.num_partitions = ${devices} : i32, mhlo.num_replicas = 1 : i32`,
    header: `sdy.mesh @mesh = <["devices"=${devices}]>`,
  };
  return {
    name: graph.name,
    text: hlo.print(graph.name, results, devices > 1 ? mesh : {}),
    state: names(graph.state),
    inputs: names(graph.inputs),
    newState: names(graph.newState),
    outputs: names(graph.outputs),
    results: results.map(({ value: { shape, type }, sharding }) => ({
      shape,
      dtype: type === 'f32' ? 'float32' : 'int32',
      sharding,
    })),
  };
}

/**
 * The memory of state that a step replaces is reused: on one device by the result that replaces it, on several by one
 * that fits (alias indices only work for one device).
 */
function donated(place: number | undefined, devices: number): string[] {
  if (place === undefined) return [];
  return [devices > 1 ? 'jax.buffer_donor = true' : `tf.aliasing_output = ${place} : i32`];
}

/** Booleans are returned as integers. */
const outputsOf = (hlo: Builder, tensors: Tensors, { outputs }: Graph): Hlo[] =>
  outputs.map(({ value }) => {
    const made = tensors.full(value);
    return made.type === 'i1' ? hlo.convert(made, 'i32') : made;
  });

function lowerNode(
  hlo: Builder,
  tensors: Tensors,
  node: GraphNode,
  step: string,
  target: Target,
  divided: ReadonlySet<number>,
): void {
  hlo.comment(node.op);
  if (node.op === AFTER) {
    tensors.set(node.outputs[0], hlo.after(tensors.as(node.inputs[0]), tensors.as(node.inputs[1])));
    return;
  }
  const lowering = lowerings[node.op];
  if (!lowering) throw new Gap(node.op, { step, engine: 'xla' });
  const result = lowering({
    hlo,
    inputs: tensors.inputsOf(node),
    attrs: node.attrs,
    shape: node.outputs[0].shape,
    type: tensors.typeOf(node.outputs[0]),
    node,
    target,
    divided,
  });
  const made: readonly Hlo[] = Array.isArray(result) ? result : [result as Hlo];
  node.outputs.forEach((output, i) => {
    if (made[i].shape.join() !== output.shape.join())
      throw new Error(`${node.op} was lowered to [${made[i].shape.join(', ')}], not [${output.shape.join(', ')}]`);
    tensors.set(output, hlo.convert(made[i], tensors.typeOf(output)));
  });
}
