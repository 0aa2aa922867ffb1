/** The nodes and weights of an ONNX file. Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
import { FacewrightError, hostTensor, RAW_BYTES, readRaw, type HostTensor, type RawType } from '@facewright/core';
import { fields, integersOf, messageOf, ProtobufError, textOf, type Field } from './protobuf.js';

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integers and floats among the attributes. */
  readonly attributes: ReadonlyMap<string, number>;
}

export interface OnnxGraph {
  /** In the file's order, in which they can be run. */
  readonly nodes: readonly OnnxNode[];
  /** Initialisers and constants, by the names of their values. */
  readonly weights: ReadonlyMap<string, HostTensor>;
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

/** Whether it may be one: a ModelProto begins with its IR version. */
export const mayBeOnnx = (bytes: Uint8Array): boolean => bytes[0] === 0x08 && bytes.length > 2 && bytes[1] < 64;

/** Throws a `FacewrightError` for anything else than a whole ONNX file that holds its own weights. */
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
  for (const field of fields(graph)) {
    if (field.number === 1) {
      const { node, constant } = readNode(messageOf(field));
      if (constant) weights.set(node.outputs[0] ?? '', constant);
      else nodes.push(node);
    } else if (field.number === 5) {
      const { name, tensor } = readTensor(messageOf(field));
      if (tensor) weights.set(name, tensor);
    }
  }
  return { nodes, weights };
}

function readNode(message: Uint8Array): { node: OnnxNode; constant?: HostTensor } {
  const [inputs, outputs]: string[][] = [[], []];
  const attributes = new Map<string, number>();
  let [op, name] = ['', ''];
  let value: HostTensor | undefined;
  for (const field of fields(message)) {
    if (field.number === 1) inputs.push(textOf(field));
    else if (field.number === 2) outputs.push(textOf(field));
    else if (field.number === 3) name = textOf(field);
    else if (field.number === 4) op = textOf(field);
    else if (field.number === 5) {
      const attribute = readAttribute(messageOf(field));
      if (attribute.number !== undefined) attributes.set(attribute.name, attribute.number);
      if (attribute.tensor) value = attribute.tensor;
    }
  }
  return { node: { op, name, inputs, outputs, attributes }, ...(op === 'Constant' && value && { constant: value }) };
}

function readAttribute(message: Uint8Array): { name: string; number?: number; tensor?: HostTensor } {
  let name = '';
  let number: number | undefined;
  let tensor: HostTensor | undefined;
  for (const field of fields(message)) {
    if (field.number === 1) name = textOf(field);
    else if (field.number === 2 && field.kind === 'fixed32')
      number = new Float32Array(new Uint8Array(field.bytes).buffer)[0];
    else if (field.number === 3 && field.kind === 'integer') [number] = integersOf(field);
    else if (field.number === 5) ({ tensor } = readTensor(messageOf(field)));
  }
  return { name, number, tensor };
}

/** No tensor for types that weights never have (strings, complex numbers), and for whole numbers beyond 32 bits (shapes with “to the end”). */
function readTensor(message: Uint8Array): { name: string; tensor?: HostTensor } {
  const shape: number[] = [];
  let [name, type] = ['', 0];
  let raw: Uint8Array | undefined;
  const floats: Uint8Array[] = [];
  const integers: number[] = [];
  for (const field of fields(message)) {
    if (field.number === 1) for (const side of integersOf(field)) shape.push(side);
    else if (field.number === 2) [type] = integersOf(field);
    else if (field.number === 4) floats.push(bytesOf(field));
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
  if (!data) return { name };
  if (data.length !== size)
    throw new ProtobufError(`the weights "${name}" of shape [${shape.join(', ')}] are ${data.length} numbers`);
  return { name, tensor: hostTensor(shape, data) };
}

/** From whichever field holds them; undefined for integers that 32 bits cannot hold. */
function valuesOf(
  type: RawType,
  { raw, floats, integers }: { raw?: Uint8Array; floats: readonly Uint8Array[]; integers: readonly number[] },
): Float32Array | Int32Array | undefined {
  if (raw) return rawNumbers(type, raw);
  if (type === 'F32') return rawNumbers('F32', Buffer.concat(floats));
  return integers.every((value) => (value | 0) === value) ? Int32Array.from(integers) : undefined;
}

const bytesOf = (field: Field): Uint8Array => (field.kind === 'fixed32' ? field.bytes : messageOf(field));

function rawNumbers(type: RawType, bytes: Uint8Array): HostTensor['data'] | undefined {
  if (bytes.length % RAW_BYTES[type]) throw new ProtobufError('weights end in the middle of a number');
  return readRaw(type, bytes);
}
