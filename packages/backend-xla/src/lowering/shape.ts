/** Kernels that create, move and concatenate values. */
import type { OpAttributes } from '@facewright/capture';
import type { Builder } from '../hlo/builder.js';
import type { Hlo } from '../hlo/value.js';
import { listed, type Kernel, type Lowerings } from './lowering.js';

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

/** Extends each side with its own values, mirrored at its border; `reflect` omits the border itself. */
function mirrorPad({ hlo, inputs: { x }, attrs: { paddings, mode } }: Kernel<OpAttributes['MirrorPad']>): Hlo {
  return paddings.reduce((padded, [before, after], axis) => {
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
  Transpose: ({ hlo, inputs: { x }, attrs: { perm } }) => hlo.transpose(x, perm),
  Fill: ({ hlo, attrs: { value }, shape, type }) => hlo.filled(value, shape, type),
  Range: ({ hlo, attrs: { start, step }, shape, type }) =>
    hlo.add(hlo.scale(hlo.iota(shape, 0, type), step), hlo.filled(start, shape, type)),
  LinSpace: ({ hlo, attrs: { start, stop, num }, shape }) =>
    hlo.constant(
      Float32Array.from({ length: num }, (_, i) => start + (i * (stop - start)) / Math.max(1, num - 1)),
      shape,
      'f32',
    ),
  OneHot: ({ hlo, inputs: { indices }, attrs: { onValue, offValue }, shape, type }) => {
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
  Concat: ({ hlo, inputs, attrs: { axis } }) => hlo.concatenate(listed(inputs), axis),
  Pack: ({ hlo, inputs, attrs: { axis }, shape }) => {
    const one = shape.map((side, i) => (i === axis ? 1 : side));
    return hlo.concatenate(
      listed(inputs).map((x) => hlo.reshape(x, one)),
      axis,
    );
  },
  Unpack: ({ hlo, inputs: { value }, attrs: { axis }, shape }) =>
    pieces(hlo, value, axis, Array<number>(value.shape[axis]).fill(1)).map((piece) => hlo.reshape(piece, shape)),
  SplitV: ({ hlo, inputs: { x }, attrs: { numOrSizeSplits, axis } }) => pieces(hlo, x, axis, numOrSizeSplits),
  Slice: ({ hlo, inputs: { x }, attrs: { begin, size } }) =>
    hlo.slice(
      x,
      begin,
      begin.map((from, i) => from + size[i]),
    ),
  StridedSlice: ({ hlo, inputs: { x }, attrs: { begin, end, strides } }) => hlo.slice(x, begin, end, strides),
  PadV2: ({ hlo, inputs: { x }, attrs: { paddings, constantValue } }) =>
    hlo.pad(
      x,
      constantValue,
      paddings.map(([before]) => before),
      paddings.map(([, after]) => after),
    ),
  MirrorPad: mirrorPad,
  Reverse: ({ hlo, inputs: { x }, attrs: { dims } }) => hlo.reverse(x, dims),
};
