/** Kernels that create, move, concatenate and gather values. */
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import { bool, int, string } from '../runtime/attributes.js';
import { hostData } from '../runtime/dtypes.js';
import { cast } from './cast.js';
import {
  listed,
  loweringsFor,
  mutable,
  reshaped,
  scalarOf,
  sizeOf,
  vectorOf,
  type Emitter,
  type Lowerings,
  type Operand,
  type Ref,
} from './lowering.js';

const axisOf = (axis: number | number[], { shape }: Operand): number => util.parseAxisParam(axis, mutable(shape))[0];
const matrixOf = (emit: Emitter, rows: readonly (readonly number[])[]): Ref =>
  emit.constant(Int32Array.from(rows.flat()), [rows.length, 2], 'int32');

export const shapeLowerings: Lowerings = {
  Reshape: ({ x }, { shape }, emit) => reshaped(emit, x.ref, util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  ExpandDims: ({ input }, { dim }, emit) => emit.op('ExpandDims', [input.ref, scalarOf(emit, dim, 'int32')]),
  Transpose: ({ x }, { perm }, emit) => emit.op('Transpose', [x.ref, vectorOf(emit, perm)]),
  Fill: (_, { shape, dtype, value }, emit) =>
    emit.op('Fill', [vectorOf(emit, shape), scalarOf(emit, Number(value), dtype ?? util.inferDtype(value))]),
  Range: (_, { start, stop, step, dtype = 'float32' }, emit) => {
    const data = hostData(dtype, Math.max(0, Math.ceil((stop - start) / step)));
    return emit.op('Identity', [
      emit.constant(
        data.map((_, i) => start + i * step),
        [data.length],
        dtype,
      ),
    ]);
  },
  LinSpace: (_, { start, stop, num }, emit) =>
    emit.op('LinSpace', [scalarOf(emit, start), scalarOf(emit, stop), scalarOf(emit, num, 'int32')]),
  OneHot: ({ indices }, { depth, onValue = 1, offValue = 0, dtype = 'float32' }, emit) =>
    emit.op(
      'OneHot',
      [
        cast(emit, indices, 'int32'),
        scalarOf(emit, depth, 'int32'),
        scalarOf(emit, onValue, dtype),
        scalarOf(emit, offValue, dtype),
      ],
      { axis: int(-1) },
    ),
  Tile: ({ x }, { reps }, emit) => emit.op('Tile', [x.ref, vectorOf(emit, reps)]),
  BroadcastTo: ({ x }, { shape }, emit) =>
    emit.op('BroadcastTo', [
      x.ref,
      vectorOf(
        emit,
        shape.map((dimension: number, i: number) => (dimension < 0 ? x.shape[i] : dimension)),
      ),
    ]),
  Concat: (inputs, { axis }, emit) => {
    const tensors = listed(inputs);
    return emit.op('ConcatV2', [tensors.map(({ ref }) => ref), scalarOf(emit, axisOf(axis, tensors[0]), 'int32')]);
  },
  Pack: (inputs, { axis }, emit) => emit.op('Pack', [listed(inputs).map(({ ref }) => ref)], { axis: int(axis) }),
  Unpack: ({ value }, { axis }, emit) => {
    const at = axisOf(axis, value);
    return emit.ops('Unpack', [value.ref], { num: int(value.shape[at]), axis: int(at) }, value.shape[at]);
  },
  SplitV: ({ x }, { numOrSizeSplits, axis }, emit) => {
    const at = axisOf(axis, x);
    const sizes = backend_util.prepareSplitSize({ shape: x.shape } as never, numOrSizeSplits, at);
    return emit.ops(
      'SplitV',
      [x.ref, vectorOf(emit, sizes), scalarOf(emit, at, 'int32')],
      { num_split: int(sizes.length) },
      sizes.length,
    );
  },
  Slice: ({ x }, { begin, size }, emit) => {
    const [start, length] = slice_util.parseSliceParams({ shape: x.shape } as never, begin, size);
    return emit.op('Slice', [x.ref, vectorOf(emit, start), vectorOf(emit, length)]);
  },
  StridedSlice: (
    { x },
    { begin, end, strides, beginMask = 0, endMask = 0, ellipsisMask = 0, newAxisMask = 0, shrinkAxisMask = 0 },
    emit,
  ) =>
    emit.op(
      'StridedSlice',
      [x.ref, vectorOf(emit, begin), vectorOf(emit, end), vectorOf(emit, strides ?? begin.map(() => 1))],
      {
        begin_mask: int(beginMask),
        end_mask: int(endMask),
        ellipsis_mask: int(ellipsisMask),
        new_axis_mask: int(newAxisMask),
        shrink_axis_mask: int(shrinkAxisMask),
      },
    ),
  PadV2: ({ x }, { paddings, constantValue }, emit) =>
    emit.op('PadV2', [x.ref, matrixOf(emit, paddings), scalarOf(emit, constantValue ?? 0, x.dtype)]),
  MirrorPad: ({ x }, { paddings, mode }, emit) =>
    emit.op('MirrorPad', [x.ref, matrixOf(emit, paddings)], {
      mode: string(mode === 'reflect' ? 'REFLECT' : 'SYMMETRIC'),
    }),
  Reverse: ({ x }, { dims }, emit) =>
    emit.op('ReverseV2', [x.ref, vectorOf(emit, util.parseAxisParam(dims, mutable(x.shape)))]),
  GatherV2: ({ x, indices }, { axis, batchDims }, emit) =>
    emit.op('GatherV2', [x.ref, cast(emit, indices, 'int32'), scalarOf(emit, axisOf(axis, x), 'int32')], {
      batch_dims: int(batchDims ?? 0),
    }),
  GatherNd: ({ params, indices }, _, emit) => emit.op('GatherNd', [params.ref, indices.ref]),
  ScatterNd: ({ indices, updates }, { shape }, emit) =>
    emit.op('ScatterNd', [indices.ref, updates.ref, vectorOf(emit, shape)]),
  TensorScatterUpdate: ({ tensor, indices, updates }, _, emit) =>
    emit.op('TensorScatterUpdate', [tensor.ref, indices.ref, updates.ref]),
  ...loweringsFor(
    ['ResizeBilinear', 'ResizeNearestNeighbor'],
    (name) =>
      ({ images }, { size, alignCorners, halfPixelCenters }, emit) =>
        emit.op(name, [cast(emit, images, 'float32'), vectorOf(emit, size)], {
          align_corners: bool(Boolean(alignCorners)),
          half_pixel_centers: bool(Boolean(halfPixelCenters)),
        }),
  ),
  ResizeBilinearGrad: ({ images, dy }, { alignCorners }, emit) =>
    emit.op('ResizeBilinearGrad', [dy.ref, images.ref], { align_corners: bool(Boolean(alignCorners)) }),
  ResizeNearestNeighborGrad: ({ images, dy }, { alignCorners }, emit) =>
    emit.op('ResizeNearestNeighborGrad', [dy.ref, vectorOf(emit, images.shape.slice(1, 3))], {
      align_corners: bool(Boolean(alignCorners)),
    }),
  CropAndResize: ({ image, boxes, boxInd }, { cropSize, method, extrapolationValue }, emit) =>
    emit.op('CropAndResize', [image.ref, boxes.ref, boxInd.ref, vectorOf(emit, cropSize)], {
      method: string(method),
      extrapolation_value: { kind: 'float', value: extrapolationValue },
    }),
};
