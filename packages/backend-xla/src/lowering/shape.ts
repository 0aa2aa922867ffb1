/** Kernels that create, move and concatenate values. */
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import type { Builder } from '../hlo/builder.js';
import type { Hlo } from '../hlo/value.js';
import { listed, type Kernel, type Lowerings } from './lowering.js';

const axisOf = (axis: number, { shape }: Pick<Hlo, 'shape'>): number => util.parseAxisParam(axis, [...shape])[0];

/** Pieces of these lengths along the axis. */
function pieces(hlo: Builder, x: Hlo, axis: number, lengths: readonly number[]): Hlo[] {
  let from = 0;
  return lengths.map((length) => {
    const start = from;
    from += length;
    const at = (value: number, otherwise: readonly number[]): number[] =>
      x.shape.map((_, i) => (i === axis ? value : otherwise[i]));
    return hlo.slice(
      x,
      at(
        start,
        x.shape.map(() => 0),
      ),
      at(start + length, x.shape),
    );
  });
}

function stridedSlice({ hlo, inputs: { x }, attrs, shape }: Kernel): Hlo {
  const { begin, end, strides } = slice_util.sliceInfo(
    [...x.shape],
    attrs.begin,
    attrs.end,
    attrs.strides ?? attrs.begin.map(() => 1),
    attrs.beginMask ?? 0,
    attrs.endMask ?? 0,
    attrs.ellipsisMask ?? 0,
    attrs.newAxisMask ?? 0,
    attrs.shrinkAxisMask ?? 0,
  );
  // a negative stride is a positive one plus a reversal
  const ranges = begin.map((from, i) => {
    const stride = Math.abs(strides[i]);
    const count = Math.max(0, Math.ceil((end[i] - from) / strides[i]));
    const last = from + (count - 1) * strides[i];
    return strides[i] > 0
      ? { begin: from, end: from + (count - 1) * stride + 1, stride }
      : { begin: last, end: from + 1, stride };
  });
  const cut = hlo.slice(
    x,
    ranges.map((range) => range.begin),
    ranges.map((range) => range.end),
    ranges.map((range) => range.stride),
  );
  const turned = strides.flatMap((stride, i) => (stride < 0 ? [i] : []));
  return hlo.reshape(turned.length ? hlo.reverse(cut, turned) : cut, shape);
}

/** Extends each side with its own values, mirrored at its border; `reflect` omits the border itself. */
function mirrorPad({ hlo, inputs: { x }, attrs: { paddings, mode } }: Kernel): Hlo {
  return (paddings as [number, number][]).reduce((padded, [before, after], axis) => {
    const length = padded.shape[axis];
    const skip = mode === 'reflect' ? 1 : 0;
    const part = (from: number, to: number): Hlo =>
      hlo.reverse(
        hlo.slice(
          padded,
          padded.shape.map((_, i) => (i === axis ? from : 0)),
          padded.shape.map((side, i) => (i === axis ? to : side)),
        ),
        [axis],
      );
    return hlo.concatenate(
      [
        ...(before ? [part(skip, skip + before)] : []),
        padded,
        ...(after ? [part(length - skip - after, length - skip)] : []),
      ],
      axis,
    );
  }, x);
}

export const shapeLowerings: Lowerings = {
  Reshape: ({ hlo, inputs: { x }, shape }) => hlo.reshape(x, shape),
  ExpandDims: ({ hlo, inputs: { input }, shape }) => hlo.reshape(input, shape),
  Transpose: ({ hlo, inputs: { x }, attrs: { perm } }) => hlo.transpose(x, perm),
  Fill: ({ hlo, attrs: { value }, shape, type }) => hlo.filled(Number(value), shape, type),
  Range: ({ hlo, attrs: { start, step = 1 }, shape, type }) =>
    hlo.add(hlo.scale(hlo.iota(shape, 0, type), step), hlo.filled(start, shape, type)),
  LinSpace: ({ hlo, attrs: { start, stop, num }, shape }) =>
    hlo.constant(
      Float32Array.from({ length: num }, (_, i) => start + (i * (stop - start)) / Math.max(1, num - 1)),
      shape,
      'f32',
    ),
  OneHot: ({ hlo, inputs: { indices }, attrs: { onValue = 1, offValue = 0 }, shape, type }) => {
    const chosen = hlo.broadcast(
      hlo.convert(indices, 'i32'),
      shape,
      indices.shape.map((_, i) => i),
    );
    const hot = hlo.compare('EQ', hlo.iota(shape, shape.length - 1), chosen);
    return hlo.select(hot, hlo.filled(onValue, shape, type), hlo.filled(offValue, shape, type));
  },
  // [d₀, d₁] as [r₀, d₀, r₁, d₁]
  Tile: ({ hlo, inputs: { x }, attrs: { reps }, shape }) =>
    hlo.reshape(
      hlo.broadcast(
        x,
        x.shape.flatMap((side, i) => [reps[i], side]),
        x.shape.map((_, i) => 2 * i + 1),
      ),
      shape,
    ),
  BroadcastTo: ({ hlo, inputs: { x }, shape }) => hlo.spread(x, shape),
  Concat: ({ hlo, inputs, attrs: { axis }, shape }) => hlo.concatenate(listed(inputs), axisOf(axis, { shape })),
  Pack: ({ hlo, inputs, attrs: { axis }, shape }) => {
    const at = axis < 0 ? axis + shape.length : axis;
    const one = shape.map((side, i) => (i === at ? 1 : side));
    return hlo.concatenate(
      listed(inputs).map((x) => hlo.reshape(x, one)),
      at,
    );
  },
  Unpack: ({ hlo, inputs: { value }, attrs: { axis }, shape }) => {
    const at = axisOf(axis, value);
    return pieces(hlo, value, at, Array<number>(value.shape[at]).fill(1)).map((piece) => hlo.reshape(piece, shape));
  },
  SplitV: ({ hlo, inputs: { x }, attrs: { numOrSizeSplits, axis } }) => {
    const at = axisOf(axis, x);
    return pieces(hlo, x, at, backend_util.prepareSplitSize({ shape: x.shape } as never, numOrSizeSplits, at));
  },
  Slice: ({ hlo, inputs: { x }, attrs }) => {
    const [begin, size] = slice_util.parseSliceParams({ shape: x.shape } as never, attrs.begin, attrs.size);
    return hlo.slice(
      x,
      begin,
      begin.map((from, i) => from + size[i]),
    );
  },
  StridedSlice: stridedSlice,
  PadV2: ({ hlo, inputs: { x }, attrs: { paddings, constantValue = 0 } }) =>
    hlo.pad(
      x,
      constantValue,
      paddings.map(([before]: number[]) => before),
      paddings.map(([, after]: number[]) => after),
    ),
  MirrorPad: mirrorPad,
  Reverse: ({ hlo, inputs: { x }, attrs: { dims } }) => hlo.reverse(x, util.parseAxisParam(dims, [...x.shape])),
};
