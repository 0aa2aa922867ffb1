/** Assigns the tensors of a file to layers: by the names of a known port, by a user's name map, or by order. */
import { FacewrightError, type HostTensor, type InputScale } from '@facewright/core';
import { insightFaceY1 } from './insightface-y1.js';
import { layerPlaces, PYTORCH_LAYOUTS, type Layout, type TensorNames } from './layouts.js';
import { networkInput, type FileInput, type InputHints } from './onnx/file-input.js';
import { unitsOfGraph } from './onnx/units.js';
import type { OnnxGraph, OnnxValue } from './onnx/model.js';
import { structureOf } from './structure.js';
import { BGR, requireFinite, RGB, type Unit } from './units.js';
import type { WeightsFile } from './weights-file.js';

/** Batch normalisation's in PyTorch. */
const PYTORCH_EPSILON = 1e-5;

/** Layers in creation order, whatever their names. */
export const BY_ORDER = 'order';
const LAYOUTS = [...PYTORCH_LAYOUTS, insightFaceY1];
export const LAYOUT_NAMES: readonly string[] = [...LAYOUTS.map(({ name }) => name), BY_ORDER];

export interface PlanOptions extends InputHints {
  /** One of `LAYOUT_NAMES`; by default detected from the names. ONNX files are read by order. */
  readonly layout?: string;
  /**
   * Tensors of the file by the model's parameters and statistics, `<layer>/<part>`. May include `<layer>/bias` of a
   * folded normalisation.
   */
  readonly map?: Readonly<Record<string, string>>;
  /** The user specifies the rows of bottlenecks, so they are not derived from the file. */
  readonly ownStructure?: boolean;
}

export interface ImportPlan {
  /** A description for users. */
  readonly how: string;
  /** Options of the `mobilefacenet` model. Options from the user take precedence. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Which of red, green and blue (0 to 2) each channel of the first kernel expects. */
  readonly channels: readonly number[];
  /** How to run the file's own graph, for comparison; missing if the file has none, or a name map ignores it. */
  readonly graph?: GraphInput;
  /** One unit per layer. Throws a `FacewrightError` if there are more or fewer. */
  unitsFor(layers: readonly string[]): ReadonlyMap<string, Unit>;
  /** Tensors that belong to no layer, not counting a class head and batch counters. */
  readonly unused: readonly string[];
}

/** The input of an ONNX graph, and what it is given for an image. */
export interface GraphInput extends FileInput {
  readonly input: OnnxValue & { readonly axis: 1 | 3 };
  readonly output: string;
}

export function planImport(file: WeightsFile, options: PlanOptions = {}): ImportPlan {
  const { layout, map, ownStructure = false } = options;
  if (map) return planByMap(file, map, options);
  if (file.graph) return planByGraph(file, options);
  if (layout === BY_ORDER) return planByOrder(file, options);
  const known =
    layout === undefined
      ? LAYOUTS.find(({ sign }) => prefixOf(file.tensors, sign) !== undefined)
      : LAYOUTS.find(({ name }) => name === layout);
  if (!known) {
    const names = [...file.tensors.keys()];
    throw new FacewrightError({
      what:
        layout === undefined
          ? `The tensor names match no known port of MobileFaceNet (the first: ${names
              .slice(0, 3)
              .map((name) => `"${name}"`)
              .join(', ')}).`
          : `There is no layout "${layout}".`,
      where: file.path,
      todo: `Known layouts: ${LAYOUTS.map(({ name, source }) => `${name} (${source})`).join('; ')}. For any other, pass a name map with --map, or use --layout order if its layers are in the order of the paper.`,
    });
  }
  return planByLayout(file, known, { ...options, ownStructure });
}

/** The prefix of a layout's names, such as `module.` or `backbone.`; undefined if its sign is missing. */
function prefixOf(tensors: WeightsFile['tensors'], sign: string): string | undefined {
  const found = [...tensors.keys()].find((name) => name === sign || name.endsWith(`.${sign}`));
  return found?.slice(0, found.length - sign.length);
}

const channelsOf = (colour: 'rgb' | 'bgr'): readonly number[] => (colour === 'bgr' ? BGR : RGB);

/** Parts of `inputScale` that the user omits have the usual values. */
const scaleOf = (given: Partial<InputScale> | undefined, otherwise?: InputScale): { inputScale?: object } => {
  const inputScale = given ?? otherwise;
  return inputScale ? { inputScale } : {};
};

function planByLayout(
  { tensors, path }: WeightsFile,
  layout: Layout,
  { ownStructure, colour = layout.bgr ? 'bgr' : 'rgb', inputScale }: PlanOptions,
): ImportPlan {
  const prefix = prefixOf(tensors, layout.sign) ?? '';
  const used = new Set<string>();
  const take = (name: string): HostTensor | undefined => {
    const tensor = tensors.get(prefix + name);
    if (!tensor) return undefined;
    requireFinite(tensor, prefix + name, path);
    used.add(prefix + name);
    return tensor;
  };
  const units = new Map<string, Unit>();
  for (const place of layerPlaces()) {
    const names = layout.tensors(place);
    const unit = unitOf(names, take, layout.epsilon?.(place) ?? PYTORCH_EPSILON, path);
    if (unit) units.set(place.name, unit);
    else if (!ownStructure)
      throw new FacewrightError({
        what: `The file has no tensor "${names.kernel}": the layer "${place.name}" is missing.`,
        where: path,
        todo: `Use a complete file from ${layout.source}, or pass the rows of bottlenecks with --options.`,
      });
  }
  const structure = ownStructure ? {} : structureOf([...units.values()], path);
  return {
    how: `named as in ${layout.source}`,
    options: {
      ...structure,
      ...(ownStructure && { batchNormEpsilon: PYTORCH_EPSILON }),
      ...layout.options,
      ...scaleOf(inputScale, layout.inputScale),
    },
    channels: channelsOf(colour),
    unitsFor: () => units,
    unused: leftOver(tensors, used).filter(
      (name) => name.startsWith(prefix) && !layout.ignored?.includes(name.slice(prefix.length)),
    ),
  };
}

function unitOf(
  names: TensorNames,
  take: (name: string) => HostTensor | undefined,
  epsilon: number,
  where: string,
): Unit | undefined {
  const kernel = take(names.kernel);
  if (!kernel) return undefined;
  const given = (name: string | undefined): HostTensor | undefined => (name === undefined ? undefined : take(name));
  const [mean, variance] = [take(names.mean), take(names.variance)];
  requireBoth([names.mean, mean], [names.variance, variance], where);
  // without statistics it counts as folded, and its other tensors as unused
  const [gamma, beta] = mean ? [given(names.gamma), take(names.beta)] : [];
  // both are missing after a normalisation without weights
  if (names.gamma !== undefined) requireBoth([names.gamma, gamma], [names.beta, beta], where);
  return {
    label: names.kernel,
    kernel,
    bias: given(names.bias),
    ...(mean && variance && { norm: { gamma, beta, mean, variance, epsilon } }),
    slope: given(names.slope),
  };
}

type Part = readonly [name: string, tensor: HostTensor | undefined];

/** Throws a `FacewrightError` if only one of two tensors that belong together is there. */
function requireBoth(a: Part, b: Part, where: string): void {
  const missing = [a, b].filter(([, tensor]) => !tensor);
  if (missing.length !== 1) return;
  const [there] = [a, b].filter(([, tensor]) => tensor);
  throw new FacewrightError({
    what: `The file has "${there[0]}" but not "${missing[0][0]}", which belongs to it.`,
    where,
    todo: 'The file is incomplete. Save the weights again, or download the file again.',
  });
}

/** Layers from the graph, and pixels as it expects them. */
function planByGraph({ graph, path }: WeightsFile, { ownStructure, ...hints }: PlanOptions): ImportPlan {
  const { units, channels, input, output } = unitsOfGraph(graph!, path);
  const { file, scale, channels: colours } = networkInput(channels, hints, path);
  const structure = ownStructure ? { batchNormEpsilon: 1e-5 } : structureOf(units, path);
  const relu = units.every(({ slope }) => !slope || slope.data.every((value) => value === 0));
  return {
    how: `${units.length} layers of its graph, which takes ${file.range}`,
    options: { ...structure, ...sizeOf(input), inputScale: scale },
    channels: colours,
    graph: { ...file, input, output },
    unitsFor: unitsInTurn(relu ? units.map(({ slope: _none, ...unit }) => unit) : units, path),
    unused: [],
  };
}

/** Size of the images, if the graph specifies it. */
function sizeOf({ shape, axis }: GraphInput['input']): { inputSize?: number | [number, number] } {
  const [height, width] = axis === 1 ? shape.slice(2) : shape.slice(1);
  if (height === undefined || width === undefined) return {};
  return { inputSize: height === width ? height : [height, width] };
}

function planByOrder(file: WeightsFile, { ownStructure, colour = 'rgb', inputScale }: PlanOptions): ImportPlan {
  const { tensors, path } = file;
  if (!file.ordered)
    throw new FacewrightError({
      what: 'The tensors of this file are not in the order of the layers.',
      where: path,
      todo: 'Pass a name map with --map.',
    });
  const used = new Set<string>();
  const units = unitsInOrder(file, used);
  return {
    how: `${units.length} layers in order`,
    options: {
      ...(ownStructure ? { batchNormEpsilon: 1e-5 } : structureOf(units, path)),
      ...scaleOf(inputScale),
    },
    channels: channelsOf(colour),
    unitsFor: unitsInTurn(units, path),
    unused: leftOver(tensors, used),
  };
}

const unitsInTurn =
  (units: readonly Unit[], path: string): ImportPlan['unitsFor'] =>
  (layers) => {
    if (layers.length !== units.length)
      throw new FacewrightError({
        what: `The model has ${layers.length} layers, but the file has ${units.length}.`,
        where: path,
        todo: "Set the model's options with --options, or pass a name map with --map.",
      });
    return new Map(layers.map((layer, index) => [layer, units[index]]));
  };

/**
 * Groups the modules of a state dictionary into layers: a kernel starts one; a normalisation or a PReLU belongs to the
 * previous one.
 */
function unitsInOrder({ tensors, path }: WeightsFile, used: Set<string>): Unit[] {
  const units: Unit[] = [];
  const get = (name: string): HostTensor | undefined => {
    const tensor = tensors.get(name);
    if (!tensor) return undefined;
    requireFinite(tensor, name, path);
    used.add(name);
    return tensor;
  };
  for (const [name, tensor] of tensors) {
    if (!name.endsWith('.weight')) continue;
    const module = name.slice(0, -'.weight'.length);
    const last = units.at(-1);
    const mean = tensors.get(`${module}.running_mean`);
    const variance = tensors.get(`${module}.running_var`);
    if (tensor.shape.length === 4 || tensor.shape.length === 2) {
      units.push({ label: name, kernel: get(name)!, bias: get(`${module}.bias`) });
    } else if (mean && variance && last && !last.norm) {
      last.norm = {
        gamma: get(name),
        beta: get(`${module}.bias`),
        mean: get(`${module}.running_mean`)!,
        variance: get(`${module}.running_var`)!,
        epsilon: 1e-5,
      };
    } else if (tensor.shape.length === 1 && !mean && last && !last.slope) {
      last.slope = get(name);
    }
  }
  return units;
}

function planByMap(
  { tensors, graph, path }: WeightsFile,
  map: Readonly<Record<string, string>>,
  { colour = 'rgb', inputScale }: PlanOptions,
): ImportPlan {
  const used = new Set<string>();
  const missing = Object.values(map).find((name) => !tensors.has(name));
  if (missing !== undefined)
    throw new FacewrightError({
      what: `The name map refers to the tensor "${missing}", which is not in the file.`,
      where: path,
      todo: 'Run facewright import <file> --list to see the names in the file.',
    });
  const layers = new Set(Object.keys(map).map((name) => name.slice(0, name.lastIndexOf('/'))));
  const units = new Map(
    [...layers].map((layer): [string, Unit] => {
      const part = (name: string): HostTensor | undefined => {
        const source = map[`${layer}/${name}`];
        if (source === undefined) return undefined;
        used.add(source);
        requireFinite(tensors.get(source)!, source, path);
        return tensors.get(source);
      };
      const kernel = part('kernel');
      if (!kernel)
        throw new FacewrightError({
          what: `The name map has no kernel for "${layer}".`,
          where: path,
          todo: `Add "${layer}/kernel".`,
        });
      const [mean, variance] = [part('mean'), part('variance')];
      const norm =
        mean && variance ? { gamma: part('gamma'), beta: part('beta'), mean, variance, epsilon: 1e-5 } : undefined;
      return [
        layer,
        { label: map[`${layer}/kernel`], kernel, bias: part('bias'), ...(norm && { norm }), slope: part('slope') },
      ];
    }),
  );
  return {
    ...(graph && { graph: inputOf(graph, { colour, inputScale }) }),
    how: 'named by the map',
    options: { batchNormEpsilon: 1e-5, ...scaleOf(inputScale) },
    channels: channelsOf(colour),
    unitsFor: () => units,
    unused: graph ? [] : leftOver(tensors, used),
  };
}

/** If only names are read: whatever the graph does to its input, the user says how pixels become it. */
function inputOf({ inputs, outputs }: OnnxGraph, { colour = 'rgb', inputScale }: InputHints): GraphInput | undefined {
  const [[input], [output]] = [inputs, outputs];
  if (!input || !output) return undefined;
  return {
    scale: { offset: inputScale?.offset ?? 127.5, scale: inputScale?.scale ?? 1 / 127.5 },
    channels: channelsOf(colour),
    range: 'pixels as given',
    input: { ...input, axis: input.shape[3] === 3 && input.shape[1] !== 3 ? 3 : 1 },
    output: output.name,
  };
}

/** Ignores batch counters, which mean nothing, and a class head, which is not part of the network. */
function leftOver(tensors: WeightsFile['tensors'], used: ReadonlySet<string>): string[] {
  return [...tensors]
    .filter(
      ([name, { shape }]) =>
        !used.has(name) && !name.endsWith('num_batches_tracked') && !(shape.length === 2 && !name.includes('conv')),
    )
    .map(([name]) => name);
}
