/**
 * Writes an ONNX model as protobuf bytes: the few messages of onnx.proto that a tensor graph needs. Field numbers are
 * from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */
import { ProtobufWriter } from '@facewright/core/protobuf';

export const DATA_TYPE = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11 } as const;
export type OnnxType = keyof typeof DATA_TYPE;
export type OnnxData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: OnnxData;
}

/** A string names a dynamic axis. */
export type Dimension = number | string;

export interface OnnxValueInfo {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly Dimension[];
  /** For documentation. */
  readonly description?: string;
}

/** A number is written as a float or, if wrapped, as an integer. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] };

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain: string;
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxModel {
  readonly name: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly initializers: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
  /** For documentation. */
  readonly description?: string;
  /** Key–value pairs. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** IR version 8 goes with opset 18. */
const IR_VERSION = 8;

export function encodeModel({
  name,
  opsets,
  inputs,
  outputs,
  initializers,
  nodes,
  description,
  metadata = {},
}: OnnxModel): Uint8Array {
  const graph = new ProtobufWriter();
  for (const node of nodes) graph.message(1, encodeNode(node));
  graph.text(2, name);
  for (const tensor of initializers) graph.message(5, encodeTensor(tensor));
  for (const input of inputs) graph.message(11, encodeValueInfo(input));
  for (const output of outputs) graph.message(12, encodeValueInfo(output));
  const model = new ProtobufWriter().integer(1, IR_VERSION).text(2, 'facewright');
  if (description) model.text(6, description);
  model.message(7, graph);
  for (const [domain, version] of Object.entries(opsets))
    model.message(8, new ProtobufWriter().text(1, domain).integer(2, version));
  for (const [key, value] of Object.entries(metadata))
    model.message(14, new ProtobufWriter().text(1, key).text(2, value));
  return model.encode();
}

function encodeNode({ op, name, inputs, outputs, domain, attributes }: OnnxNode): ProtobufWriter {
  const node = new ProtobufWriter();
  for (const input of inputs) node.text(1, input);
  for (const output of outputs) node.text(2, output);
  node.text(3, name).text(4, op);
  for (const [key, value] of Object.entries(attributes)) node.message(5, encodeAttribute(key, value));
  if (domain) node.text(7, domain);
  return node;
}

function encodeAttribute(name: string, value: OnnxAttribute): ProtobufWriter {
  const attribute = new ProtobufWriter().text(1, name);
  if ('float' in value) return attribute.float(2, value.float).integer(20, 1);
  if ('int' in value) return attribute.integer(3, value.int).integer(20, 2);
  if ('string' in value) return attribute.text(4, value.string).integer(20, 3);
  if ('floats' in value) {
    for (const number of value.floats) attribute.float(7, number);
    return attribute.integer(20, 6);
  }
  for (const number of value.ints) attribute.integer(8, number);
  return attribute.integer(20, 7);
}

function encodeTensor({ name, type, shape, data }: OnnxTensor): ProtobufWriter {
  const tensor = new ProtobufWriter();
  for (const dimension of shape) tensor.integer(1, dimension);
  return tensor
    .integer(2, DATA_TYPE[type])
    .text(8, name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function encodeValueInfo({ name, type, shape, description }: OnnxValueInfo): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const dimension of shape)
    dimensions.message(
      1,
      typeof dimension === 'number'
        ? new ProtobufWriter().integer(1, dimension)
        : new ProtobufWriter().text(2, dimension),
    );
  const tensorType = new ProtobufWriter().integer(1, DATA_TYPE[type]).message(2, dimensions);
  const info = new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensorType));
  return description ? info.text(3, description) : info;
}
