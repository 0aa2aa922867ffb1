/** Writes a captured step as a tfjs graph model, which `tf.loadGraphModel` loads in Node and browsers without facewright. */
import { capture, simplify, type Graph, type GraphNode, type Value } from '@facewright/capture';
import { FacewrightError, type HostTensors, type StepFunction } from '@facewright/core';
import type { io } from '@tensorflow/tfjs-core';
import { FLOAT, NODES, type Attribute } from './nodes.js';

export interface GraphModelOptions {
  readonly name: string;
  readonly state: HostTensors;
  /** Shapes of the float32 inputs for a batch size; the first axis is the batch. */
  readonly inputs: (batch: number) => Readonly<Record<string, readonly number[]>>;
  /** Key–value pairs stored in the model. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Name of the file with the weights, next to the model's file. */
  readonly weightsFile: string;
}

export interface GraphModelFiles {
  readonly model: io.ModelJSON;
  readonly weights: Uint8Array;
}

/** Two batch sizes: what differs between their graphs depends on the number of images. */
const BATCHES = [3, 5] as const;

interface TopologyNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, Attribute>>;
}

/**
 * Throws a `FacewrightError` for an op without a TensorFlow equivalent, and for a graph that changes with the number of
 * images.
 */
export function graphModel(
  step: StepFunction,
  { name, state, inputs, metadata, weightsFile }: GraphModelOptions,
): GraphModelFiles {
  const [graph, other] = BATCHES.map((batch) => {
    const specs = Object.entries(inputs(batch)).map(([input, shape]) => [input, { shape, dtype: 'float32' as const }]);
    return simplify(capture(step, { state, inputs: Object.fromEntries(specs) }, { name }));
  });
  const refuse = (what: string): never => {
    throw new FacewrightError({
      what: `The step "${name}" cannot be exported as a tfjs graph model: ${what}.`,
      todo: 'Export it as ONNX.',
    });
  };
  if (other.nodes.length !== graph.nodes.length) refuse('its graph depends on the number of images');
  const nodes: TopologyNode[] = [];
  const weights: { entry: io.WeightsManifestEntry; bytes: Uint8Array }[] = [];
  const names = new Map<Value, string>();
  const constant = (label: string, shape: readonly number[], data: Float32Array | Int32Array): string => {
    const dtype = data instanceof Int32Array ? 'int32' : 'float32';
    nodes.push({ name: label, op: 'Const', attr: { dtype: { type: dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT' } } });
    weights.push({
      entry: { name: label, shape: [...shape], dtype },
      bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return label;
  };

  for (const { name: input, value } of graph.inputs) {
    names.set(value, input);
    nodes.push({ name: input, op: 'Placeholder', attr: { dtype: FLOAT, shape: openShape(value) } });
  }
  for (const { name: entry, value } of graph.state) names.set(value, constant(entry, value.shape, state[entry].data));
  [...graph.constants].forEach(([value, data], index) => {
    if (data instanceof Uint8Array) refuse('it contains boolean constants');
    names.set(value, constant(`constant_${index}`, value.shape, data as Float32Array));
  });
  graph.nodes.forEach((node, index) => {
    const written =
      NODES[node.op]?.(withOpenBatch(node, other.nodes[index])) ?? refuse(`it has no equivalent of the op ${node.op}`);
    const label = `${node.op}_${index}`;
    const operands = written.inputs.map(
      (input) => names.get(node.inputs[node.inputNames.indexOf(input)]) ?? refuse(`${node.op} has no input "${input}"`),
    );
    if (written.numbers)
      operands.push(constant(`${label}/numbers`, [written.numbers.length], Int32Array.from(written.numbers)));
    nodes.push({ name: label, op: written.op, input: operands, attr: written.attributes ?? {} });
    names.set(node.outputs[0], label);
  });
  for (const { name: output, value } of graph.outputs)
    nodes.push({ name: output, op: 'Identity', input: [names.get(value)!], attr: { T: FLOAT } });

  const signature = (list: Graph['inputs']) =>
    Object.fromEntries(
      list.map(({ name: key, value }) => [
        key,
        { name: `${key}:0`, dtype: 'DT_FLOAT', tensorShape: openShape(value).shape },
      ]),
    );
  return {
    model: {
      format: 'graph-model',
      generatedBy: 'facewright',
      convertedBy: null,
      modelTopology: { node: nodes, library: {}, versions: { producer: 987 } },
      signature: { inputs: signature(graph.inputs), outputs: signature(graph.outputs) },
      userDefinedMetadata: metadata,
      weightsManifest: [{ paths: [weightsFile], weights: weights.map(({ entry }) => entry) }],
    } as io.ModelJSON,
    weights: Buffer.concat(weights.map(({ bytes }) => bytes)),
  };
}

const openShape = ({ shape }: Value): { shape: { dim: { size: string }[] } } => ({
  shape: { dim: shape.map((size, axis) => ({ size: axis === 0 ? '-1' : String(size) })) },
});

/** The shape of a Reshape, with −1 where it depends on the number of images. */
function withOpenBatch(node: GraphNode, other: GraphNode): GraphNode {
  if (node.op !== 'Reshape') return node;
  const [shape, otherShape] = [node, other].map(({ outputs }) => outputs[0].shape);
  return {
    ...node,
    attrs: { ...node.attrs, shape: shape.map((side, axis) => (side === otherShape[axis] ? side : -1)) },
  };
}
