/** A lowering turns one kernel of a canonical graph into StableHLO ops. */
import type { CanonicalOp, GraphNode, OpAttributes } from '@facewright/capture';
import type { Builder } from '../hlo/builder.js';
import { isFloat, type Hlo } from '../hlo/value.js';
import type { ElementType } from '../pjrt/abi.js';

/** What the program is for, because XLA's compilers handle the same operations differently. */
export interface Target {
  /** The client's platform, e.g. `cpu`, `cuda`. */
  readonly platform: string;
  /** Number of devices that share a batch. */
  readonly devices: number;
  /** State entries with more bytes are sharded over the devices; default: none are. */
  readonly largestWhole?: number;
  /** Number of parts of a batch over which batch norm computes separate statistics; 1: the whole batch. */
  readonly statistics: number;
}

/** Inputs by tfjs's names; '0', '1', … for kernels that take a list. */
export type Operands = Readonly<Record<string, Hlo>>;

export interface Kernel<Attributes = unknown> {
  readonly hlo: Builder;
  readonly inputs: Operands;
  readonly attrs: Attributes;
  /** Shape of the first output. */
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly node: GraphNode;
  readonly target: Target;
  /** Lengths of axes along which state entries are sharded. */
  readonly divided: ReadonlySet<number>;
}

/** The kernel's outputs, in order. */
type LoweringOf<Attributes> = (kernel: Kernel<Attributes>) => Hlo | readonly Hlo[];
export type Lowering<Op extends CanonicalOp> = LoweringOf<OpAttributes[Op]>;
/** For ops whose attributes do not matter. */
export type PlainLowering = LoweringOf<unknown>;
export type Lowerings = { readonly [Op in CanonicalOp]?: Lowering<Op> };

/** Lowerings that differ only by an entry per op. */
export const loweringsOf = <Entry>(
  table: { readonly [Op in CanonicalOp]?: Entry },
  lowering: (entry: Entry) => PlainLowering,
): Lowerings => Object.fromEntries(Object.entries(table).map(([op, entry]) => [op, lowering(entry)]));

/** The inputs of a kernel that takes a list, in order. */
export const listed = (inputs: Operands): Hlo[] =>
  Object.keys(inputs)
    .sort((a, b) => Number(a) - Number(b))
    .map((key) => inputs[key]);

/** The only input, whatever its name. */
export const only = (inputs: Operands): Hlo => inputs.x ?? Object.values(inputs)[0];

/** As floats: integers and booleans become float32, 16-bit floats are unchanged. */
export const floats = (hlo: Builder, x: Hlo): Hlo => (isFloat(x.type) ? x : hlo.convert(x, 'f32'));
/** In float32, used for sums. */
export const full = (hlo: Builder, x: Hlo): Hlo => hlo.convert(x, 'f32');

export const allButLast = ({ shape }: Hlo): number[] => shape.slice(0, -1).map((_, axis) => axis);
export const lastAxis = ({ shape }: Hlo): number => shape.length - 1;

/** Broadcasts a value per row, [n] or [n, 1], to `shape` [n, …]. */
export const overRows = (hlo: Builder, rows: Hlo, shape: readonly number[]): Hlo =>
  hlo.broadcast(hlo.reshape(rows, [shape[0]]), shape, [0]);
/** Broadcasts one value per channel to `shape` […, channels]. */
export const overChannels = (hlo: Builder, channels: Hlo, shape: readonly number[]): Hlo =>
  hlo.broadcast(channels, shape, [shape.length - 1]);
