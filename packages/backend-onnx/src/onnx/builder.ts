/** An ONNX graph under construction: nodes get fresh names, and equal nodes and constants are stored once. */
import {
  encodeModel,
  type OnnxAttribute,
  type OnnxData,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxType,
  type OnnxValueInfo,
} from './encode.js';
import { prepareWeights } from './prepare-weights.js';

/** onnxruntime's own domain for convolutions over its blocked layout. */
export const NCHWC_DOMAIN = 'com.microsoft.nchwc';
const OPSETS: Readonly<Record<string, number>> = { '': 18, [NCHWC_DOMAIN]: 1 };

export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  private readonly constants = new Map<string, string>();
  private readonly made = new Map<string, string[]>();
  private counter = 0;

  /**
   * Adds a node with one output, or finds an equal one, and returns the output's name. An empty input name omits an
   * optional input.
   */
  op(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = '',
  ): string {
    return this.multi(op, inputs, 1, attributes, domain)[0];
  }

  multi(
    op: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = '',
  ): string[] {
    const key = `${domain}/${op}(${inputs.join()})${outputs}${JSON.stringify(attributes)}`;
    const known = this.made.get(key);
    if (known) return known;
    const number = this.counter++;
    const names = Array.from({ length: outputs }, (_, i) => (i ? `${op}_${number}_${i}` : `${op}_${number}`));
    this.nodes.push({ op, name: `${op}_${number}`, inputs, outputs: names, domain, attributes });
    this.made.set(key, names);
    return names;
  }

  /** Sets the name of a graph output. */
  rename(value: string, name: string): void {
    this.nodes.push({
      op: 'Identity',
      name: `result/${name}`,
      inputs: [value],
      outputs: [name],
      domain: '',
      attributes: {},
    });
  }

  constant(data: OnnxData, shape: readonly number[], type: OnnxType = typeOf(data)): string {
    // short ones are compared by content; earlier passes already share long ones
    const key = data.length <= 64 ? `${type}|${shape.join()}|${data.join()}|${Object.is(data[0], -0)}` : undefined;
    const known = key === undefined ? undefined : this.constants.get(key);
    if (known) return known;
    const name = `constant_${this.initializers.length}`;
    this.initializers.push({ name, type, shape, data });
    if (key !== undefined) this.constants.set(key, name);
    return name;
  }

  scalar(value: number): string {
    return this.constant(Float32Array.of(value), []);
  }

  integers(...values: number[]): string {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** The numbers of a float constant; undefined where the value is none, or is only made when the graph runs. */
  weights(name: string): Float32Array | undefined {
    const data = this.initializers.find((tensor) => tensor.name === name)?.data;
    return data instanceof Float32Array ? data : undefined;
  }

  /** Weights that are transposed or reshaped before use are stored in their final form. */
  prepareWeights(): void {
    const prepared = prepareWeights(this);
    this.nodes.splice(0, this.nodes.length, ...prepared.nodes);
    this.initializers.splice(0, this.initializers.length, ...prepared.initializers);
  }

  encode(
    name: string,
    inputs: readonly OnnxValueInfo[],
    outputs: readonly OnnxValueInfo[],
    about: Pick<OnnxModel, 'description' | 'metadata'> = {},
  ): Uint8Array {
    const domains = new Set(this.nodes.map(({ domain }) => domain));
    const opsets = Object.fromEntries(
      Object.entries(OPSETS).filter(([domain]) => domain === '' || domains.has(domain)),
    );
    const { description, metadata } = about;
    return encodeModel({
      name,
      opsets,
      inputs,
      outputs,
      initializers: this.initializers,
      nodes: this.nodes,
      description,
      metadata,
    });
  }
}

function typeOf(data: OnnxData): OnnxType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof BigInt64Array ? 'int64' : 'bool';
}

export const ints = (...values: number[]): OnnxAttribute => ({ ints: values });
export const int = (value: number): OnnxAttribute => ({ int: value });
export const float = (value: number): OnnxAttribute => ({ float: value });
export const text = (value: string): OnnxAttribute => ({ string: value });
export const floats = (...values: number[]): OnnxAttribute => ({ floats: values });
