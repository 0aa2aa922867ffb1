/**
 * State of the lowering: the ONNX graph under construction and, for each captured value, the forms already computed.
 * The captured graph is NHWC. Each op produces the form it computes best, and a value is converted once when something
 * needs another form, so layouts propagate through the graph and transposes stay at its borders.
 *
 *   plain    the captured shape and order
 *   nchw     [n, c, h, w], for rank 4
 *   blocked  [c, n/B · h · w · B]: for each channel, blocks of B images with the images innermost (see lowering/blocked)
 */
import { Gap, sameShape, sizeOf, type Graph, type GraphNode, type Value } from '@facewright/capture';
import { ints, OnnxBuilder } from '../onnx/builder.js';
import type { OnnxType } from '../onnx/encode.js';

export type Layout = 'plain' | 'nchw' | 'blocked';
/** Emits a node, or returns false if this lowering does not apply. */
export type Emitter = (lowering: Lowering, node: GraphNode) => void | false;

/** A value equal to scale · base + shift per channel, which need not be computed if its reader can fuse it. */
export interface AffineForm {
  /** Blocked. */
  readonly base: string;
  /** [c]. */
  readonly scale: string;
  readonly shift: string;
}

/** A value equal to scale · name per channel. Its readers absorb the scale into their weights. */
export interface ScaledForm {
  /** Blocked. */
  readonly name: string;
  /** [c]. */
  readonly scale: string;
}

/** The gradient before a PReLU, whole + rest · negative, with the sums that batch normalisation needs of it. */
export interface SlopedForm {
  /** dy, and dy where the PReLU's input was negative; blocked. */
  readonly whole: string;
  readonly negative: string;
  /** Slope − 1, [c]. */
  readonly rest: string;
  /** What the PReLU's input was computed from, and Σ gradient and Σ gradient · base, [c]. */
  readonly base: string;
  readonly sum: string;
  readonly sumWithBase: string;
}

export interface LoweringTarget {
  /** Images per block of the `blocked` layout; 0 for `std`. */
  readonly block: number;
  /** For other programs: nodes in conventional form, rather than the form onnxruntime runs fastest. */
  readonly publication?: { readonly prelu?: 'op' | 'convolutions' };
  /** Leave the choice of padding to the provider, so that a graph works for images of any size. */
  readonly anySize?: boolean;
  /**
   * Hide the shapes from onnxruntime. Otherwise it plans for tensors of the backward pass to reuse buffers of equally
   * large ones in the forward pass, and so keeps every such buffer from first use to last: half as much memory again.
   */
  readonly hideShapes?: boolean;
  /** Creates the ONNX graph; a subclass may write out ops in terms of others. */
  readonly builder?: () => OnnxBuilder;
}

/** An input that is always zero; see `hideShapes`. */
export const HIDING_INPUT = 'zero';

type Forms = Partial<Record<Layout, string>>;

export class Lowering {
  readonly onnx: OnnxBuilder;
  /** Forms that only the blocked lowering uses. */
  readonly affine = new Map<Value, AffineForm>();
  readonly scaled = new Map<Value, ScaledForm>();
  readonly sloped = new Map<Value, SlopedForm>();
  private readonly forms = new Map<Value, Forms>();
  private readonly pending = new Map<Value, () => string>();

  constructor(
    readonly graph: Graph,
    readonly target: LoweringTarget,
  ) {
    this.onnx = target.builder?.() ?? new OnnxBuilder();
  }

  set(value: Value, layout: Layout, name: string): void {
    this.forms.set(value, { ...this.forms.get(value), [layout]: name });
  }

  /** The value is computed in the blocked layout only if something needs it. */
  postpone(value: Value, make: () => string): void {
    this.pending.set(value, make);
  }

  /** A name that is available once the value is, in any form; only for depending on it. */
  anyForm(value: Value): string {
    const forms = this.forms.get(value);
    return (
      forms?.blocked ??
      forms?.nchw ??
      forms?.plain ??
      this.sloped.get(value)?.negative ??
      this.affine.get(value)?.base ??
      this.scaled.get(value)?.name ??
      this.plain(value)
    );
  }

  /** Whether the value itself, not only what it can be computed from, is available. */
  isMade(value: Value): boolean {
    return this.forms.has(value);
  }

  has(value: Value, layout: Layout): boolean {
    return this.forms.get(value)?.[layout] !== undefined || (layout === 'blocked' && this.pending.has(value));
  }

  /** The value's name in that layout, converted from another form if necessary. */
  get(value: Value, layout: Layout): string {
    const known = this.forms.get(value)?.[layout];
    if (known) return known;
    const name = this.make(value, layout);
    this.set(value, layout, name);
    return name;
  }

  plain(value: Value): string {
    return this.get(value, 'plain');
  }

  private make(value: Value, layout: Layout): string {
    const make = this.pending.get(value);
    if (layout === 'blocked' && make) return make();
    const forms = this.forms.get(value) ?? {};
    if (layout !== 'plain') return layout === 'nchw' ? this.toNchw(value) : this.toBlocked(value);
    if (forms.nchw) return this.fromNchw(value, forms.nchw);
    if (this.has(value, 'blocked')) return this.fromBlocked(value);
    throw new Error(`value %${value.id} is used before it is computed`);
  }

  private toNchw(value: Value): string {
    const [n, h, w, c] = four(value);
    if (!this.target.anySize && (c === 1 || h * w === 1)) return this.reshape(this.plain(value), [n, c, h, w]);
    return this.onnx.op('Transpose', [this.plain(value)], { perm: ints(0, 3, 1, 2) });
  }

  private fromNchw(value: Value, name: string): string {
    const [n, h, w, c] = four(value);
    if (!this.target.anySize && (c === 1 || h * w === 1)) return this.reshape(name, [n, h, w, c]);
    return this.onnx.op('Transpose', [name], { perm: ints(0, 2, 3, 1) });
  }

  private toBlocked(value: Value): string {
    const [n, h, w, c] = four(value);
    const { block } = this.target;
    const nchw = this.forms.get(value)?.nchw;
    const apart = this.reshape(nchw ?? this.plain(value), [n / block, block, c * h * w]);
    // in two steps that onnxruntime has fast paths for: a single one takes four times as long
    const together = this.onnx.op('Transpose', [apart], { perm: ints(0, 2, 1) });
    const turned = nchw
      ? this.onnx.op('Transpose', [this.reshape(together, [n / block, c, h * w * block])], { perm: ints(1, 0, 2) })
      : this.onnx.op('Transpose', [this.reshape(together, [n / block, h * w, c, block])], { perm: ints(2, 0, 1, 3) });
    return this.reshape(turned, [c, n * h * w]);
  }

  private fromBlocked(value: Value): string {
    const [n, h, w, c] = four(value);
    const { block } = this.target;
    const split = this.reshape(this.get(value, 'blocked'), [c, n / block, h, w, block]);
    return this.reshape(this.onnx.op('Transpose', [split], { perm: ints(1, 4, 2, 3, 0) }), [n, h, w, c]);
  }

  /** The best form for an elementwise op on `values` (some of them broadcast) with a result of this shape. */
  common(values: readonly Value[], shape: readonly number[]): Layout {
    if (shape.length !== 4) return 'plain';
    const full = values.filter((value) => sameShape(value.shape, shape));
    const small = values.filter((value) => !sameShape(value.shape, shape));
    const channels = small.every((value) => sizeOf(value) === 1 || isChannelVector(value, shape[3]));
    if (full.length && channels && full.every((value) => this.has(value, 'blocked'))) return 'blocked';
    return full.some((value) => this.has(value, 'nchw') || this.has(value, 'blocked')) ? 'nchw' : 'plain';
  }

  /** An operand of such an op, shaped so that ONNX broadcasts it like the captured op. */
  operand(value: Value, shape: readonly number[], layout: Layout): string {
    if (layout === 'plain') return this.plain(value);
    // [1, 1, 1, 1] next to a blocked matrix would raise its rank
    if (sizeOf(value) === 1) return value.shape.length ? this.reshape(this.plain(value), []) : this.plain(value);
    if (sameShape(value.shape, shape)) return this.get(value, layout);
    if (layout === 'blocked') return this.reshape(this.plain(value), [shape[3], 1]);
    if (isChannelVector(value, shape[3])) return this.reshape(this.plain(value), [shape[3], 1, 1]);
    if (value.shape.length === 4) return this.get(value, 'nchw');
    const padded = [...Array<number>(4 - value.shape.length).fill(1), ...value.shape];
    return this.onnx.op('Transpose', [this.reshape(this.plain(value), padded)], { perm: ints(0, 3, 1, 2) });
  }

  /** A view of the same numbers. `from` allows dynamic axes to stay open. */
  reshape(name: string, shape: readonly number[], from?: readonly number[]): string {
    const target = from ? openShape(from, shape) : shape;
    const constant = this.onnx.integers(...target);
    return this.onnx.op('Reshape', [
      name,
      this.target.hideShapes ? this.onnx.op('Add', [constant, HIDING_INPUT]) : constant,
    ]);
  }

  unsupported(node: GraphNode, why: string): Gap {
    return new Gap([node.op, why].filter(Boolean).join(' '), { step: this.graph.name, engine: 'onnx' });
  }
}

/**
 * Leading axes of equal length are copied (0), equal trailing ones are written, and a single axis in between is
 * inferred (−1).
 */
function openShape(from: readonly number[], to: readonly number[]): number[] {
  let start = 0;
  while (start < to.length && start < from.length && from[start] === to[start]) start++;
  let end = to.length;
  while (
    end > start &&
    from.length - (to.length - end) > start &&
    to[end - 1] === from[from.length - (to.length - end) - 1]
  )
    end--;
  return to.map((length, i) => {
    if (i < start) return 0;
    return end - start === 1 && i === start ? -1 : length;
  });
}

export function four(value: Value): [number, number, number, number] {
  if (value.shape.length !== 4) throw new Error(`value %${value.id} has rank ${value.shape.length}, not 4`);
  return value.shape as unknown as [number, number, number, number];
}

/** [c] or [1, …, 1, c]. */
export const isChannelVector = (value: Value, channels: number): boolean =>
  sizeOf(value) === channels && value.shape[value.shape.length - 1] === channels;

export const onnxType = (value: Value): OnnxType => value.dtype;
