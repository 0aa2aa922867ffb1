/** The nodes and weights of an ONNX file. Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
import { FacewrightError, hostTensor, RAW_BYTES, readRaw, type HostTensor, type RawType } from '@facewright/core';
import { fields, integersOf, messageOf, ProtobufError, textOf, type Field } from '@facewright/core/protobuf';

export type OnnxAttribute = number | readonly number[] | string;

export interface OnnxNode {
  readonly op: string;
  /** The name of its first output, if the file does not name it. */
  readonly name: string;
  /** Empty for standard ops. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** All except graphs and tensors. */
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** A value that enters or leaves the graph. */
export interface OnnxValue {
  readonly name: string;
  /** TensorProto.DataType; 1: float32, 2: uint8, 10: float16. */
  readonly type: number;
  /** undefined: any length. */
  readonly shape: readonly (number | undefined)[];
}

export interface OnnxGraph {
  /** In the file's order, which is executable. */
  readonly nodes: readonly OnnxNode[];
  /** Initialisers and constants, by value name. */
  readonly weights: ReadonlyMap<string, HostTensor>;
  /** Without those that only provide default values of initialisers. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const TYPES: Readonly<Record<number, RawType>> = {
  1: 'F32',
  2: 'U8',
  3: 'I8',
  5: 'I16',
  6: 'I32',
  7: 'I64',
  9: 'BOOL',
  10: 'F16',
  11: 'F64',
  16: 'BF16',
};

/** Whether it may be an ONNX file: a ModelProto starts with its IR version. */
export const mayBeOnnx = (bytes: Uint8Array): boolean => bytes[0] === 0x08 && bytes.length > 2 && bytes[1] < 64;

/** Throws a `FacewrightError` for anything but a complete ONNX file that contains its own weights. */
export function readOnnx(bytes: Uint8Array, where: string): OnnxGraph {
  try {
    const graph = only(bytes, 7).at(-1);
    if (!graph) throw new ProtobufError('it has no graph');
    return readGraph(graph);
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw new FacewrightError({
      what: `Cannot read this ONNX file: ${error.message}.`,
      where,
      todo: 'Export or download it again. All weights must be in this one file.',
      cause: error,
    });
  }
}

const only = (message: Uint8Array, number: number): Uint8Array[] =>
  [...fields(message)].filter((field) => field.number === number).map(messageOf);

function readGraph(graph: Uint8Array): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const weights = new Map<string, HostTensor>();
  const [inputs, outputs]: OnnxValue[][] = [[], []];
  for (const field of fields(graph)) {
    if (field.number === 1) {
      const { node, constant } = readNode(messageOf(field));
      if (constant) weights.set(node.outputs[0] ?? '', constant);
      else nodes.push(node);
    } else if (field.number === 5) {
      const { name, tensor } = readTensor(messageOf(field));
      if (tensor) weights.set(name, tensor);
    } else if (field.number === 11) inputs.push(readValue(messageOf(field)));
    else if (field.number === 12) outputs.push(readValue(messageOf(field)));
  }
  return { nodes, weights, inputs: inputs.filter(({ name }) => !weights.has(name)), outputs };
}

function readValue(message: Uint8Array): OnnxValue {
  let [name, type] = ['', 0];
  const shape: (number | undefined)[] = [];
  for (const field of fields(message)) if (field.number === 1) name = textOf(field);
  const tensorType = only(message, 2).flatMap((each) => only(each, 1))[0] ?? new Uint8Array();
  for (const field of fields(tensorType)) {
    if (field.number === 1) [type] = integersOf(field);
    if (field.number !== 2) continue;
    for (const side of only(messageOf(field), 1)) {
      const length = [...fields(side)].find(({ number }) => number === 1);
      const value = length && integersOf(length)[0];
      shape.push(value !== undefined && value > 0 ? value : undefined);
    }
  }
  return { name, type, shape };
}

function readNode(message: Uint8Array): { node: OnnxNode; constant?: HostTensor } {
  const [inputs, outputs]: string[][] = [[], []];
  const attributes = new Map<string, OnnxAttribute>();
  let [op, name, domain] = ['', '', ''];
  let constant: HostTensor | undefined;
  for (const field of fields(message)) {
    if (field.number === 1) inputs.push(textOf(field));
    else if (field.number === 2) outputs.push(textOf(field));
    else if (field.number === 3) name = textOf(field);
    else if (field.number === 4) op = textOf(field);
    else if (field.number === 7) domain = textOf(field);
    else if (field.number === 5) {
      const attribute = readAttribute(messageOf(field));
      if (attribute.value !== undefined) attributes.set(attribute.name, attribute.value);
      constant = attribute.tensor ?? constant;
    }
  }
  const node = { op, name: name || (outputs[0] ?? ''), domain, inputs, outputs, attributes };
  if (op !== 'Constant') return { node };
  return { node, constant: constant ?? numbersOf(attributes) };
}

/** For a Constant whose value is not a tensor: `value_float`, `value_ints` …. */
function numbersOf(attributes: ReadonlyMap<string, OnnxAttribute>): HostTensor | undefined {
  for (const [name, value] of attributes) {
    const listed = typeof value === 'number' ? [value] : value;
    if (!name.startsWith('value_') || typeof listed === 'string') continue;
    const shape = typeof value === 'number' ? [] : [listed.length];
    return hostTensor(shape, name.includes('float') ? Float32Array.from(listed) : Int32Array.from(listed, to32Bits));
  }
  return undefined;
}

function readAttribute(message: Uint8Array): { name: string; value?: OnnxAttribute; tensor?: HostTensor } {
  let [name, type] = ['', 0];
  let value: OnnxAttribute | undefined;
  let tensor: HostTensor | undefined;
  const [floats, integers]: number[][] = [[], []];
  for (const field of fields(message)) {
    if (field.number === 1) name = textOf(field);
    else if (field.number === 20) [type] = integersOf(field);
    else if (field.number === 2 && field.kind === 'fixed32') [value] = rawNumbers('F32', field.bytes);
    else if (field.number === 3 && field.kind === 'integer') [value] = integersOf(field);
    else if (field.number === 4) value = textOf(field);
    else if (field.number === 5) ({ tensor } = readTensor(messageOf(field)));
    else if (field.number === 7) floats.push(...rawNumbers('F32', bytesOf(field)));
    else if (field.number === 8) integers.push(...integersOf(field));
  }
  if (floats.length || type === FLOATS) value = floats;
  if (integers.length || type === INTS) value = integers;
  return { name, value, tensor };
}

/** Codes of AttributeProto.AttributeType. */
const [FLOATS, INTS] = [6, 7];

/** Returns no tensor for types that weights never have (strings, complex numbers). */
function readTensor(message: Uint8Array): { name: string; tensor?: HostTensor } {
  const shape: number[] = [];
  let [name, type] = ['', 0];
  let raw: Uint8Array | undefined;
  const floats: Uint8Array[] = [];
  const integers: number[] = [];
  for (const field of fields(message)) {
    if (field.number === 1) for (const side of integersOf(field)) shape.push(side);
    else if (field.number === 2) [type] = integersOf(field);
    else if (field.number === 4 || field.number === 10) floats.push(bytesOf(field));
    else if (field.number === 5 || field.number === 7) for (const value of integersOf(field)) integers.push(value);
    else if (field.number === 8) name = textOf(field);
    else if (field.number === 9) raw = messageOf(field);
    else if (field.number === 14 && field.kind === 'integer' && field.value !== 0n)
      throw new ProtobufError(`the weights "${name}" are in another file`);
  }
  const known = TYPES[type];
  if (!known) return { name };
  if (shape.some((side) => !Number.isSafeInteger(side) || side < 0))
    throw new ProtobufError(`the weights "${name}" have no shape`);
  const size = shape.reduce((product, side) => product * side, 1);
  const data = valuesOf(known, { raw, floats, integers });
  if (data.length !== size)
    throw new ProtobufError(`the weights "${name}" of shape [${shape.join(', ')}] are ${data.length} numbers`);
  return { name, tensor: hostTensor(shape, data) };
}

/** From whichever field contains them. */
function valuesOf(
  type: RawType,
  { raw, floats, integers }: { raw?: Uint8Array; floats: readonly Uint8Array[]; integers: readonly number[] },
): HostTensor['data'] {
  if (raw) return rawNumbers(type, raw);
  if (type === 'F32' || type === 'F64') return rawNumbers(type, Buffer.concat(floats));
  // their bits are stored as integers
  if (type === 'F16' || type === 'BF16') return rawNumbers(type, new Uint8Array(Uint16Array.from(integers).buffer));
  return Int32Array.from(integers, to32Bits);
}

/** Larger ones mean “to the end”. */
const to32Bits = (value: number): number => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value));

const bytesOf = (field: Field): Uint8Array => (field.kind === 'fixed32' ? field.bytes : messageOf(field));

function rawNumbers(type: RawType, bytes: Uint8Array): HostTensor['data'] {
  if (bytes.length % RAW_BYTES[type]) throw new ProtobufError('weights end in the middle of a number');
  const wide = (): BigInt64Array => new BigInt64Array(new Uint8Array(bytes).buffer);
  return readRaw(type, bytes) ?? Int32Array.from(wide(), (value) => to32Bits(Number(value)));
}
