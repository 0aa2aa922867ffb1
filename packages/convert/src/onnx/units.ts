/**
 * Extracts the layers of a feed-forward convolutional network from an ONNX graph. Names do not help, because exporters
 * invent them. The graph is followed from input to output; everything on the way becomes part of a layer, or is
 * rejected by name.
 */
import { FacewrightError, hostTensor, type HostTensor } from '@facewright/core';
import { requireFinite, type Unit, type UnitGeometry } from '../units.js';
import { foldConstant, integers, numberOf } from './constants.js';
import { added, arithmetic, featuresOf, onFeatures, take } from './features.js';
import type { OnnxGraph, OnnxNode, OnnxValue } from './model.js';
import { onPixels, refusal } from './pixels.js';
import {
  times,
  unknown,
  type Constant,
  type Features,
  type GraphUnit,
  type Length,
  type PixelChannel,
  type Value,
} from './values.js';

/** The layers in order, and what comes before the first one. */
export interface GraphLayers {
  readonly units: readonly Unit[];
  /** One per input channel of the first layer. */
  readonly channels: readonly PixelChannel[];
  readonly input: OnnxValue & {
    /** Of the channels. */
    readonly axis: 1 | 3;
  };
  readonly output: string;
}

/** Throws a `FacewrightError` that names the first unsupported node that the embedding depends on. */
export function unitsOfGraph(graph: OnnxGraph, where: string): GraphLayers {
  const walk = new Walk(graph, where);
  for (const node of graph.nodes) walk.visit(node);
  return walk.end();
}

/** Ops whose constants are weights. Bounds and padding values of other ops may be infinite. */
const CALCULATES = new Set(['Conv', 'Gemm', 'MatMul', 'BatchNormalization', 'PRelu', 'Add', 'Sub', 'Mul', 'Div']);

class Walk {
  private readonly values = new Map<string, Value>();
  private readonly input: OnnxValue & { readonly axis: 1 | 3 };
  private first?: { readonly unit: GraphUnit; readonly channels: readonly PixelChannel[] };

  constructor(
    private readonly graph: OnnxGraph,
    private readonly where: string,
  ) {
    for (const [name, tensor] of graph.weights) this.values.set(name, { kind: 'constant', tensor, name });
    const [input] = graph.inputs;
    if (graph.inputs.length !== 1 || ![0, 4].includes(input.shape.length))
      this.refuse(`The graph has ${graph.inputs.length} inputs; one of images [n, 3, height, width] is expected`);
    this.input = { ...input, axis: input.shape[3] === 3 && input.shape[1] !== 3 ? 3 : 1 };
    const channels = [0, 1, 2].map((from) => ({ from, scale: 1, shift: 0 }));
    this.values.set(input.name, { kind: 'pixels', channels, axis: this.input.axis });
  }

  visit(node: OnnxNode): void {
    const inputs = node.inputs.map((name): Value | undefined =>
      name === '' ? undefined : (this.values.get(name) ?? unknown(node, `takes "${name}", which is not in the file`)),
    );
    const found = this.valuesOf(node, inputs);
    node.outputs.forEach((name, index) => {
      if (name) this.values.set(name, found[index] ?? unknown(node, 'has more outputs than are supported'));
    });
  }

  /** Follows the layers back from the embedding. */
  end(): GraphLayers {
    const outputs = this.graph.outputs.map(({ name }) => ({ name, value: this.values.get(name) }));
    const output = outputs.length === 1 ? outputs[0] : outputs.find(({ value }) => value?.kind === 'features');
    const value = output?.value;
    if (value?.kind === 'unknown') this.refuse(`The node "${value.node.name}" (${value.node.op}) ${value.why}`);
    if (value?.kind !== 'features' || !this.first)
      return this.refuse('The output of the graph is not an embedding of its input');
    const wrong = take(value);
    if (wrong) this.refuse(`The output "${output!.name}" ${wrong}`);
    const units: GraphUnit[] = [];
    for (let unit: GraphUnit | undefined = value.unit; unit; unit = unit.input) units.unshift(unit);
    const [first] = units;
    if (first !== this.first.unit) this.refuse(`"${first.label}" is a second convolution of the image`);
    for (const { shortcut, label } of units)
      if (shortcut && !units.includes(shortcut as GraphUnit))
        this.refuse(`The value added after "${label}" comes from a separate branch`);
    return { units, channels: this.first.channels, input: this.input, output: output!.name };
  }

  private refuse(what: string): never {
    throw new FacewrightError({
      what: `${what}.`,
      where: this.where,
      todo: 'Only a plain sequence of convolution, batch normalisation and activation with shortcuts can be read, as in MobileFaceNet. If the weights have names, pass a name map with --map.',
    });
  }

  private valuesOf(node: OnnxNode, inputs: readonly (Value | undefined)[]): readonly Value[] {
    for (const input of inputs)
      if (input?.kind === 'constant' && CALCULATES.has(node.op)) requireFinite(input.tensor, input.name, this.where);
    const unclear = inputs.find((input) => input?.kind === 'unknown');
    if (unclear) return [unclear];
    if (node.domain !== '' && node.domain !== 'ai.onnx') return [unknown(node, `is of the domain "${node.domain}"`)];
    const given = inputs.filter((input) => input !== undefined);
    if (node.op === 'Shape') return [{ kind: 'sizes' }];
    if (given.length && given.every(({ kind }) => kind === 'constant'))
      return [this.constant(node, given as Constant[])];
    if (given.every(({ kind }) => kind === 'constant' || kind === 'sizes')) return [{ kind: 'sizes' }];
    if (given.some(({ kind }) => kind === 'pixels')) {
      const values = onPixels(node, inputs);
      if (values) return values;
      return [node.op === 'Conv' ? this.convolution(node, inputs) : refusal(node)];
    }
    return [this.ofFeatures(node, inputs) ?? unknown(node, 'does not belong in these networks')];
  }

  private constant(node: OnnxNode, inputs: readonly Constant[]): Value {
    const tensor = foldConstant(
      node,
      inputs.map((input) => input.tensor),
    );
    if (tensor) return { kind: 'constant', tensor, name: inputs[0].name };
    return unknown(node, 'computes a constant in a way that is not supported');
  }

  private ofFeatures(node: OnnxNode, inputs: readonly (Value | undefined)[]): Value | undefined {
    const [a, b] = inputs;
    if (a?.kind === 'length' || b?.kind === 'length') return ofLength(node, a, b);
    if (node.op === 'Conv') return scaledByConvolution(node, inputs) ?? this.convolution(node, inputs);
    if (node.op === 'Gemm' || node.op === 'MatMul') return this.matrix(node, inputs);
    if (a?.kind === 'features' && b?.kind === 'features') return sumOf(node, a, b);
    const rest = inputs.map((input) => (input?.kind === 'constant' ? input : undefined));
    if (inputs.length === 2 && a?.kind === 'constant' && b?.kind === 'features') return arithmetic(node, b, a, false);
    if (a?.kind !== 'features') return undefined;
    return (b?.kind === 'constant' && arithmetic(node, a, b, true)) || onFeatures(node, a, rest);
  }

  private convolution(node: OnnxNode, [x, kernel, bias]: readonly (Value | undefined)[]): Value {
    if (kernel?.kind !== 'constant' || kernel.tensor.shape.length !== 4 || (bias && bias.kind !== 'constant'))
      return unknown(node, 'has no constant kernel with four axes');
    if (x?.kind !== 'features' && x?.kind !== 'pixels') return unknown(node, 'does not take an image');
    if (x.axis !== 1) return unknown(node, 'takes an image whose channels do not come first');
    const geometry = geometryOf(node, kernel.tensor);
    if (typeof geometry === 'string') return unknown(node, geometry);
    return this.layer(node, { x, kernel: kernel.tensor, bias: bias?.tensor, geometry });
  }

  private matrix(node: OnnxNode, [x, matrix, bias]: readonly (Value | undefined)[]): Value {
    if (x?.kind !== 'features' || x.rank !== 2 || matrix?.kind !== 'constant' || (bias && bias.kind !== 'constant'))
      return unknown(node, 'is not a product of features and a constant matrix');
    if (numberOf(node, 'alpha', 1) !== 1 || numberOf(node, 'beta', 1) !== 1 || numberOf(node, 'transA', 0))
      return unknown(node, 'scales or transposes its inputs');
    const kernel = numberOf(node, 'transB', 0) ? matrix.tensor : foldConstant(TURN, [matrix.tensor]);
    if (kernel?.shape.length !== 2) return unknown(node, 'has no matrix');
    const geometry: UnitGeometry = { strides: [1, 1], pads: [0, 0, 0, 0], groups: 1 };
    const flat = bias && hostTensor([bias.tensor.data.length], bias.tensor.data);
    return this.layer(node, { x, kernel, bias: flat, geometry });
  }

  private layer(
    node: OnnxNode,
    { x, kernel, bias, geometry }: Pick<GraphUnit, 'kernel' | 'bias' | 'geometry'> & { x: Value },
  ): Value {
    const input = x.kind === 'features' ? x.unit : undefined;
    const wrong = x.kind === 'features' && take(x);
    if (wrong) return unknown(node, wrong);
    const [channels] = kernel.shape;
    const unit: GraphUnit = { label: node.name, channels, kernel, ...(bias && { bias }), geometry, input };
    if (x.kind === 'pixels') this.first ??= { unit, channels: x.channels };
    return featuresOf(unit, kernel.shape.length === 2 ? 2 : 4);
  }
}

const TURN: OnnxNode = {
  op: 'Transpose',
  name: '',
  domain: '',
  inputs: [],
  outputs: [],
  attributes: new Map([['perm', [1, 0]]]),
};

/** Or what is not supported. */
function geometryOf(node: OnnxNode, { shape }: HostTensor): UnitGeometry | string {
  const [strides, dilations] = [integers(node, 'strides') ?? [1, 1], integers(node, 'dilations') ?? [1, 1]];
  if (strides.length !== 2 || dilations.some((side) => side !== 1)) return 'is dilated';
  const groups = numberOf(node, 'group', 1);
  const automatic = node.attributes.get('auto_pad') ?? 'NOTSET';
  let pads = automatic === 'NOTSET' ? (integers(node, 'pads') ?? [0, 0, 0, 0]) : [0, 0, 0, 0];
  if (automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER') {
    if (strides.some((side) => side !== 1) || shape[2] % 2 === 0 || shape[3] % 2 === 0)
      return 'may be padded more on one side than on the other';
    const sides = [(shape[2] - 1) / 2, (shape[3] - 1) / 2];
    pads = [...sides, ...sides];
  }
  return {
    strides: [strides[0], strides[1]],
    pads: [pads[0], pads[1], pads[2], pads[3]],
    groups,
  };
}

/** A 1×1 depthwise convolution multiplies each channel by a number; exporters write PReLU with two of them. */
function scaledByConvolution(node: OnnxNode, [x, kernel, bias]: readonly (Value | undefined)[]): Value | undefined {
  if (x?.kind !== 'features' || x.summed || x.axis !== 1 || kernel?.kind !== 'constant') return undefined;
  const { channels } = x.unit;
  const { shape, data } = kernel.tensor;
  const geometry = geometryOf(node, kernel.tensor);
  if (channels === 1 || shape.join() !== `${channels},1,1,1` || typeof geometry === 'string') return undefined;
  if (geometry.groups !== channels || [...geometry.strides].some((side) => side !== 1)) return undefined;
  if (geometry.pads.some((side) => side !== 0) || (bias && bias.kind !== 'constant')) return undefined;
  const scale = [...data];
  return {
    ...x,
    scale: times(x.scale, scale),
    shift: times(x.shift, scale).map((value, channel) => value + (bias?.tensor.data[channel] ?? 0)),
    rectified: times(x.rectified, scale),
  };
}

/** Two values of a layer: the parts of a PReLU, a square, or a shortcut. */
function sumOf(node: OnnxNode, a: Features, b: Features): Value | undefined {
  if (a.unit === b.unit && !a.summed && !b.summed) {
    if (node.op === 'Mul') return { kind: 'length', of: a.unit, step: 'squares' };
    if (node.op === 'Add' || node.op === 'Sub') return added(node, a, b, node.op === 'Add' ? 1 : -1);
    return undefined;
  }
  if (node.op !== 'Add') return undefined;
  const [late, early] = isBefore(a.unit, b.unit) ? [b, a] : [a, b];
  if (late.summed) return unknown(node, 'adds a second shortcut to a layer');
  if (late.unit.taken) return unknown(node, 'adds to a layer whose output another layer uses unchanged');
  const wrong = take(late) ?? take(early);
  if (wrong) return unknown(node, wrong);
  late.unit.shortcut = early.unit;
  return { ...featuresOf(late.unit, late.rank), axis: late.axis, summed: true };
}

function isBefore(unit: GraphUnit, other: GraphUnit): boolean {
  for (let at = other.input; at; at = at.input) if (at === unit) return true;
  return false;
}

/**
 * Steps towards dividing an embedding by its length, which changes nothing, because embeddings are compared by their
 * angle.
 */
function ofLength(node: OnnxNode, a: Value | undefined, b: Value | undefined): Value | undefined {
  const length = (a?.kind === 'length' ? a : b) as Length;
  const next = (step: Length['step']): Length => ({ ...length, step });
  const other = a === length ? b : a;
  const small =
    !other || (other.kind === 'constant' && [...other.tensor.data].every((value) => Math.abs(value) <= 1e-3));
  switch (node.op) {
    case 'ReduceSum':
      return length.step === 'squares' ? next('sum') : undefined;
    case 'Sqrt':
      return length.step === 'sum' ? next('root') : undefined;
    case 'Pow':
      return rooted(length, other);
    case 'Reciprocal':
      return length.step === 'root' ? next('inverse') : undefined;
    case 'Max':
    case 'Add':
    case 'Clip':
      return small ? length : undefined;
    case 'Identity':
    case 'Expand':
    case 'Unsqueeze':
    case 'Reshape':
      return length;
    case 'Div':
      return length.step === 'root' ? divided(length, a) : undefined;
    case 'Mul':
      return length.step === 'inverse' ? divided(length, other) : undefined;
    default:
      return undefined;
  }
}

function rooted(length: Length, exponent: Value | undefined): Length | undefined {
  const power = exponent?.kind === 'constant' ? exponent.tensor.data[0] : NaN;
  if (length.step !== 'sum') return undefined;
  if (power === 0.5) return { ...length, step: 'root' };
  return power === -0.5 ? { ...length, step: 'inverse' } : undefined;
}

const divided = (length: Length, value: Value | undefined): Value | undefined =>
  value?.kind === 'features' && value.unit === length.of ? value : undefined;
