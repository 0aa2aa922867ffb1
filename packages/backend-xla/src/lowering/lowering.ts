/** What a lowering is: from one kernel of a captured step to StableHLO ops. */
import type { GraphNode } from '@facewright/capture';
import type { Builder } from '../hlo/builder.js';
import { isFloat, type Hlo } from '../hlo/value.js';
import type { ElementType } from '../pjrt/abi.js';

/** What the program is for: XLA's compilers differ in what they make of the same sums. */
export interface Target {
  /** The client's platform, e.g. `cpu`, `cuda`. */
  readonly platform: string;
  /** Devices that a batch is divided over. */
  readonly devices: number;
  /** Entries of the state of more bytes are divided over the devices; default: none. */
  readonly largestWhole?: number;
  /** Parts of a batch that batch norm takes its statistics of, each by itself; 1: of the whole batch. */
  readonly statistics: number;
}

// tfjs's attribute types differ by kernel; a lowering reads the ones its kernel has
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Attributes = Record<string, any>;
/** Inputs by tfjs's name; kernels that take a list have '0', '1', … */
export type Operands = Readonly<Record<string, Hlo>>;

export interface Kernel {
  readonly hlo: Builder;
  readonly inputs: Operands;
  readonly attrs: Attributes;
  /** Of the first output. */
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly node: GraphNode;
  readonly target: Target;
  /** Lengths of axes along which entries of the state are divided. */
  readonly divided: ReadonlySet<number>;
}

/** Values of the kernel's outputs, in their order. */
export type Lowering = (kernel: Kernel) => Hlo | readonly Hlo[];
export type Lowerings = Readonly<Record<string, Lowering>>;

export const loweringsFor = (names: readonly string[], lowering: (name: string) => Lowering): Lowerings =>
  Object.fromEntries(names.map((name) => [name, lowering(name)]));

/** The inputs of a kernel that takes a list, in order. */
export const listed = (inputs: Operands): Hlo[] =>
  Object.keys(inputs)
    .sort((a, b) => Number(a) - Number(b))
    .map((key) => inputs[key]);

/** The only input: its name differs. */
export const only = (inputs: Operands): Hlo => inputs.x ?? Object.values(inputs)[0];

/** As floats: whole numbers and truths become float32, floats of 16 bits stay. */
export const floats = (hlo: Builder, x: Hlo): Hlo => (isFloat(x.type) ? x : hlo.convert(x, 'f32'));
/** In float32, which sums are taken in. */
export const full = (hlo: Builder, x: Hlo): Hlo => hlo.convert(x, 'f32');

export const allButLast = ({ shape }: Hlo): number[] => shape.slice(0, -1).map((_, axis) => axis);
export const lastAxis = ({ shape }: Hlo): number => shape.length - 1;

/** A value for each row over all but the row's axis: [n] or [n, 1] to `shape` [n, …]. */
export const overRows = (hlo: Builder, rows: Hlo, shape: readonly number[]): Hlo =>
  hlo.broadcast(hlo.reshape(rows, [shape[0]]), shape, [0]);
/** One value for each channel, to `shape` […, channels]. */
export const overChannels = (hlo: Builder, channels: Hlo, shape: readonly number[]): Hlo =>
  hlo.broadcast(channels, shape, [shape.length - 1]);
