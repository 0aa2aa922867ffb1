/** A network layer as other libraries store it, and its conversion to a model's state. */
import {
  FacewrightError,
  filled,
  hostTensor,
  kernelFromOutputFirst,
  type HostTensor,
  type InitialState,
} from '@facewright/core';

/**
 * A convolution or matrix, followed by batch normalisation and PReLU. Missing parts do not exist or are folded into the
 * others.
 */
export interface Unit {
  /** Its name in the file, for errors. */
  readonly label: string;
  /** [out, in, h, w] or [out, in]; depthwise [channels, 1, h, w]; in groups of m channels [channels, m, h, w]. */
  readonly kernel: HostTensor;
  /** [out]. */
  bias?: HostTensor;
  /** Each [out]. */
  norm?: {
    readonly gamma?: HostTensor;
    readonly beta?: HostTensor;
    readonly mean: HostTensor;
    readonly variance: HostTensor;
    readonly epsilon: number;
  };
  /** [out], or [1] for one shared slope; 0 for ReLU. */
  slope?: HostTensor;
  /** If the file specifies it. */
  readonly geometry?: UnitGeometry;
  /** The unit whose output is added to this one's. */
  shortcut?: Unit;
}

export interface UnitGeometry {
  readonly strides: readonly [vertical: number, horizontal: number];
  /** Zero padding of the unit's input. */
  readonly pads: readonly [above: number, left: number, below: number, right: number];
  readonly groups: number;
}

export const RGB: readonly number[] = [0, 1, 2];
export const BGR: readonly number[] = [2, 1, 0];

/** The `<layer>` of each parameter `<layer>/<part>`, in order. */
export const layersOf = (expected: InitialState): string[] => [
  ...new Set(Object.keys(expected.params).map((name) => name.slice(0, name.lastIndexOf('/')))),
];

/**
 * Throws a `FacewrightError` that names the tensor if one of its numbers is not finite, as after a training that
 * diverged.
 */
export function requireFinite({ data }: HostTensor, name: string, where: string): void {
  const odd = data.find((value) => !Number.isFinite(value));
  if (odd === undefined) return;
  throw new FacewrightError({
    what: `The tensor "${name}" contains ${Number.isNaN(odd) ? 'NaN' : 'infinity'}.`,
    where,
    todo: 'The training that wrote this file diverged, or the file is damaged. Use an earlier checkpoint, or download the file again.',
  });
}

export interface FitOptions {
  /** The model's batch normalisation epsilon for a layer. */
  readonly epsilon: (layer: string) => number;
  /** Which of red, green and blue (0 to 2) each channel of the file's first kernel expects; default: this order. */
  readonly channels?: readonly number[];
  readonly where: string;
}

/**
 * Builds a model's state from one unit per layer. `expected` is any state of the model; only its names and shapes
 * matter. Throws a `FacewrightError` that names the first layer that does not fit.
 */
export function fitUnits(
  expected: InitialState,
  units: ReadonlyMap<string, Unit>,
  { epsilon, channels: colours = RGB, where }: FitOptions,
): InitialState {
  const params: Record<string, HostTensor> = {};
  const statistics: Record<string, HostTensor> = {};
  layersOf(expected).forEach((layer, index) => {
    const unit = units.get(layer);
    const refuse = (what: string): never => {
      throw new FacewrightError({
        what: `The layer "${layer}" ${what}.`,
        where: unit ? `${where}, ${unit.label}` : where,
        todo: "The file is for a different network. Set the model's options with --options, or map the tensor names with --map.",
      });
    };
    if (!unit) return refuse('is missing from the file');
    const shapeOf = (part: string): readonly number[] | undefined =>
      (expected.params[`${layer}/${part}`] ?? expected.statistics[`${layer}/${part}`])?.shape;
    const vector = (part: string, tensor: HostTensor): HostTensor => {
      const [length] = shapeOf(part)!;
      if (tensor.data.length === length) return hostTensor([length], Float32Array.from(tensor.data));
      if (part === 'slope' && tensor.data.length === 1) return filled([length], tensor.data[0]);
      return refuse(`has ${length} values of ${part} in the model but ${tensor.data.length} in the file`);
    };
    const channels = (shapeOf('gamma') ?? shapeOf('kernel'))!.at(-1)!;
    const own = epsilon(layer);
    // for a folded normalisation: 1 / √(1 + ε) · √(1 + ε) = 1
    const norm = unit.norm ?? {
      gamma: filled([channels], Math.sqrt(1 + own)),
      beta: unit.bias,
      mean: filled([channels], 0),
      variance: filled([channels], 1),
      epsilon: own,
    };
    const hasBias = shapeOf('bias') !== undefined;
    const bias = unit.norm ? unit.bias : undefined;
    // if the layer has no bias parameter, the bias is subtracted from the mean, which is subtracted next
    const mean =
      bias && !hasBias
        ? hostTensor(
            norm.mean.shape,
            Float32Array.from(norm.mean.data, (value, i) => value - (bias.data[i] ?? NaN)),
          )
        : norm.mean;
    const given: Record<string, HostTensor | undefined> = {
      gamma: norm.gamma ?? filled([channels], 1),
      beta: norm.beta ?? filled([channels], 0),
      bias: bias ?? filled([channels], 0),
      slope: unit.slope,
      mean,
      variance: hostTensor(
        norm.variance.shape,
        Float32Array.from(norm.variance.data, (value) => value + (norm.epsilon - own)),
      ),
    };
    for (const [tensors, into] of [
      [expected.params, params],
      [expected.statistics, statistics],
    ] as const) {
      for (const name of Object.keys(tensors).filter(
        (each) => each.startsWith(`${layer}/`) && !each.slice(layer.length + 1).includes('/'),
      )) {
        const part = name.slice(layer.length + 1);
        const tensor = part === 'kernel' ? fitKernel(unit.kernel, tensors[name].shape, refuse) : given[part];
        into[name] =
          part === 'kernel'
            ? tensor!
            : vector(part, tensor ?? refuse(`has "${part}" in the model but not in the file`));
      }
    }
    if (unit.slope && !shapeOf('slope')) refuse('has PReLU in the file but not in the model');
    if (index === 0 && colours.join() !== RGB.join())
      params[`${layer}/kernel`] = orderedInputs(params[`${layer}/kernel`], colours);
  });
  return { params, statistics };
}

function fitKernel(kernel: HostTensor, shape: readonly number[], refuse: (what: string) => never): HostTensor {
  const [outputs, inputs, height = 1, width = 1] = kernel.shape;
  const fits = (...sides: number[]): boolean =>
    sides.length === shape.length && sides.every((side, axis) => side === shape[axis]);
  if (kernel.shape.length === 2 || kernel.shape.length === 4) {
    if (fits(height, width, inputs, outputs)) return kernelFromOutputFirst(kernel, false);
    if (fits(height, width, outputs, inputs))
      return kernelFromOutputFirst(inputs > 1 ? turnedInGroups(kernel) : kernel, true);
  }
  return refuse(
    `has a kernel of [${shape.join(', ')}] in the model but [${kernel.shape.join(', ')}] in the file (outputs first)`,
  );
}

/** For groups of m channels: from [group · m + output, input, h, w] to [group · m + input, output, h, w]. */
function turnedInGroups({ shape, data }: HostTensor): HostTensor {
  const [channels, m, height, width] = shape;
  const area = height * width;
  const turned = new Float32Array(data.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let input = 0; input < m; input++) {
      const from = (channel * m + input) * area;
      const to = ((channel - (channel % m) + input) * m + (channel % m)) * area;
      for (let at = 0; at < area; at++) turned[to + at] = data[from + at];
    }
  }
  return hostTensor(shape, turned);
}

/** [h, w, in, out] with the inputs in colour order. */
function orderedInputs({ shape, data }: HostTensor, colours: readonly number[]): HostTensor {
  const [inputs, outputs] = shape.slice(2);
  const ordered = new Float32Array(data.length);
  data.forEach((value, i) => {
    const input = Math.floor(i / outputs) % inputs;
    ordered[i + (colours[input] - input) * outputs] = value;
  });
  return hostTensor(shape, ordered);
}
