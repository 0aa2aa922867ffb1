/** From a captured graph to an ONNX model. */
import { canonical, type Graph, type NamedValue, type Value } from '@facewright/capture';
import type { HostTensors } from '@facewright/core';
import { NCHWC_DOMAIN } from '../onnx/builder.js';
import type { OnnxValueInfo } from '../onnx/encode.js';
import { HIDING_INPUT, Lowering, onnxType, type Emitter, type LoweringTarget } from './context.js';
import { ordering } from './after.js';
import { blockedConvolution } from './blocked/convolution.js';
import { blockedTraining } from './blocked/training.js';
import { packState, type StatePacking } from './packing.js';
import { elementwise } from './std/elementwise.js';
import { network } from './std/network.js';
import { reduction } from './std/reduction.js';
import { resizing } from './std/resize.js';
import { shape } from './std/shape.js';
import { training } from './std/training.js';

const STANDARD: Readonly<Record<string, Emitter>> = {
  ...elementwise,
  ...shape,
  ...reduction,
  ...resizing,
  ...network,
  ...training,
  ...ordering,
};
/** The kernels that there is a way for; some of them not with every attribute. */
export const LOWERED_OPS: readonly string[] = Object.keys(STANDARD);
/** Tried first where there is a block; each answers false where it does not fit, and the standard way takes over. */
const BLOCKED: Readonly<Record<string, Emitter>> = { ...blockedConvolution, ...blockedTraining };

export interface LowerOptions extends LoweringTarget {
  /** Values of the state, for a graph that does not change it: they become part of the model. */
  readonly frozenState?: HostTensors;
  /** Axes of inputs whose length is left open. */
  readonly openAxes?: Readonly<Record<string, readonly number[]>>;
  /** The model is for other programs. */
  readonly publication?: Publication;
}

/** What a model tells other programs. Inputs and outputs keep the step's names in it, and weights are ready as the nodes take them. */
export interface Publication {
  /** Names of the open axes of inputs and outputs: `{ images: { 0: 'batch' } }`. */
  readonly axisNames: Readonly<Record<string, Readonly<Record<number, string>>>>;
  /** Facts by key, kept in the model. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Of inputs and outputs, for people. */
  readonly descriptions: Readonly<Record<string, string>>;
  readonly description?: string;
}

export interface LoweredModel {
  readonly bytes: Uint8Array;
  /** How the state travels; missing where it is frozen. */
  readonly packing?: StatePacking;
  readonly nodes: number;
  /** Whether onnxruntime's internal layout is used anywhere in it. */
  readonly blocked: boolean;
}

/** Name of the ONNX value for an input or output of the step; state has its own names in `packing`. */
export const inputName = (name: string): string => `input/${name}`;
export const outputName = (name: string): string => `output/${name}`;

export function lower(captured: Graph, options: LowerOptions): LoweredModel {
  const graph = canonical(captured);
  const lowering = new Lowering(graph, options);
  const { onnx } = lowering;
  const { publication } = options;
  const inputs: OnnxValueInfo[] = graph.inputs.map(({ name, value }) => {
    lowering.set(value, 'plain', publication ? name : inputName(name));
    if (publication) return published(publication, name, value);
    const open = options.openAxes?.[name] ?? [];
    return {
      name: inputName(name),
      type: onnxType(value),
      shape: value.shape.map((length, axis) => (open.includes(axis) ? `${name}/${axis}` : length)),
    };
  });
  if (options.hideShapes) inputs.push({ name: HIDING_INPUT, type: 'int64', shape: [1] });
  for (const [value, data] of graph.constants)
    lowering.set(value, 'plain', onnx.constant(data, value.shape, onnxType(value)));
  const { frozenState } = options;
  const packing = frozenState ? undefined : packState(graph);
  if (frozenState)
    for (const { name, value } of graph.state)
      lowering.set(value, 'plain', onnx.constant(frozenState[name].data, value.shape, onnxType(value)));
  else inputs.push(...packing!.unpack(lowering));

  for (const node of graph.nodes) if (!packing?.skipped.has(node)) emit(lowering, node);

  const outputs = graph.outputs.map((output) => result(lowering, output, publication));
  if (packing) outputs.push(...packing.pack(lowering));
  if (packing) keepOrder(lowering);
  if (publication) onnx.prepareWeights();
  return {
    bytes: onnx.encode(graph.name, inputs, outputs, publication),
    packing,
    nodes: onnx.nodes.length,
    blocked: onnx.nodes.some(({ domain }) => domain === NCHWC_DOMAIN),
  };
}

const FILTER_GRADIENTS = new Set(['Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter']);

/**
 * onnxruntime starts from the nodes that nothing reads, the last of them first, and runs what each one needs. Left to itself it goes back through the
 * whole net before it takes up the gradients of the kernels, and keeps every layer's gradient for them meanwhile. So each of those gets a node that nothing reads,
 * last the one that is to come first.
 */
function keepOrder(lowering: Lowering): void {
  const gradients = lowering.graph.nodes
    .filter(({ op }) => FILTER_GRADIENTS.has(op))
    .map(({ outputs }) => lowering.plain(outputs[0]));
  for (const name of gradients.reverse()) lowering.onnx.op('Shape', [name]);
}

function emit(lowering: Lowering, node: Graph['nodes'][number]): void {
  if (lowering.target.block && BLOCKED[node.op] && BLOCKED[node.op](lowering, node) !== false) return;
  const emitter = STANDARD[node.op];
  if (!emitter) throw lowering.unsupported(node, '');
  emitter(lowering, node);
}

/** Outputs are float32 or int32, as core's engines give them. */
function result(lowering: Lowering, { name, value }: NamedValue, publication?: Publication): OnnxValueInfo {
  const plain = lowering.plain(value);
  lowering.onnx.rename(
    value.dtype === 'bool' ? lowering.onnx.op('Cast', [plain], { to: { int: 6 } }) : plain,
    publication ? name : outputName(name),
  );
  if (publication) return published(publication, name, value);
  return {
    name: outputName(name),
    type: value.dtype === 'bool' ? 'int32' : onnxType(value),
    shape: value.shape.map((_, axis) => `${name}/out${axis}`),
  };
}

function published({ axisNames, descriptions }: Publication, name: string, value: Value): OnnxValueInfo {
  return {
    name,
    type: value.dtype === 'bool' ? 'int32' : onnxType(value),
    shape: value.shape.map((length, axis) => axisNames[name]?.[axis] ?? length),
    description: descriptions[name],
  };
}
