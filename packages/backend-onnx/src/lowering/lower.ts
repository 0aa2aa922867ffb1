/** Lowers a captured graph to an ONNX model. */
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
/** The kernels that have a lowering, some of them not for every attribute. */
export const LOWERED_OPS: readonly string[] = Object.keys(STANDARD);
/**
 * Tried first if there is a block size. Each returns false if it does not apply, and the standard lowering takes over.
 */
const BLOCKED: Readonly<Record<string, Emitter>> = { ...blockedConvolution, ...blockedTraining };

export interface LowerOptions extends LoweringTarget {
  /** State values for a graph that does not change them; they are stored in the model. */
  readonly frozenState?: HostTensors;
  /** Input axes of any length. */
  readonly openAxes?: Readonly<Record<string, readonly number[]>>;
  /** Set if the model is for other programs. */
  readonly publication?: Publication;
}

/**
 * Information in a model for other programs. Inputs and outputs keep the step's names, and weights are stored in the
 * form the nodes use.
 */
export interface Publication {
  /** Names of the dynamic axes of inputs and outputs: `{ images: { 0: 'batch' } }`. */
  readonly axisNames: Readonly<Record<string, Readonly<Record<number, string>>>>;
  /** Key–value pairs stored in the model. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Descriptions of inputs and outputs. */
  readonly descriptions: Readonly<Record<string, string>>;
  readonly description?: string;
  /** PReLU as its own op (default), or as depthwise convolutions of one pixel, which onnxruntime runs faster on a processor. */
  readonly prelu?: 'op' | 'convolutions';
}

export interface LoweredModel {
  readonly bytes: Uint8Array;
  /** How the state is passed; missing if it is stored in the model. */
  readonly packing?: StatePacking;
  readonly nodes: number;
  /** Whether it uses onnxruntime's internal layout anywhere. */
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
 * onnxruntime starts from the nodes that nothing reads, last one first, and runs what each needs. By default it would
 * go back through the whole network before computing the kernels' gradients, keeping every layer's gradient in the
 * meantime. So each kernel gradient gets a node that nothing reads, with the first one to run last.
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

/** Outputs are float32 or int32, like those of core's engines. */
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
