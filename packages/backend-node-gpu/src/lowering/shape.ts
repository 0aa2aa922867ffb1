/** Kernels that create, move, concatenate and gather values. */
import { bool, int, string } from '../runtime/attributes.js';
import { hostData } from '../runtime/dtypes.js';
import { cast } from './cast.js';
import {
  listed,
  loweringsFor,
  reshaped,
  scalarOf,
  vectorOf,
  type Emitter,
  type Lowerings,
  type Ref,
} from './lowering.js';

const matrixOf = (emit: Emitter, rows: readonly (readonly number[])[]): Ref =>
  emit.constant(Int32Array.from(rows.flat()), [rows.length, 2], 'int32');

export const shapeLowerings: Lowerings = {
  Reshape: ({ x }, { shape }, emit) => reshaped(emit, x.ref, shape),
  Transpose: ({ x }, { perm }, emit) => emit.op('Transpose', [x.ref, vectorOf(emit, perm)]),
  Fill: (_, { shape, dtype, value }, emit) => emit.op('Fill', [vectorOf(emit, shape), scalarOf(emit, value, dtype)]),
  Range: (_, { start, stop, step, dtype }, emit) => {
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
  OneHot: ({ indices }, { depth, onValue, offValue, dtype }, emit) =>
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
  BroadcastTo: ({ x }, { shape }, emit) => emit.op('BroadcastTo', [x.ref, vectorOf(emit, shape)]),
  Concat: (inputs, { axis }, emit) =>
    emit.op('ConcatV2', [listed(inputs).map(({ ref }) => ref), scalarOf(emit, axis, 'int32')]),
  Pack: (inputs, { axis }, emit) => emit.op('Pack', [listed(inputs).map(({ ref }) => ref)], { axis: int(axis) }),
  Unpack: ({ value }, { axis }, emit) => {
    const num = value.shape[axis];
    return emit.ops('Unpack', [value.ref], { num: int(num), axis: int(axis) }, num);
  },
  SplitV: ({ x }, { numOrSizeSplits: sizes, axis }, emit) =>
    emit.ops(
      'SplitV',
      [x.ref, vectorOf(emit, sizes), scalarOf(emit, axis, 'int32')],
      { num_split: int(sizes.length) },
      sizes.length,
    ),
  Slice: ({ x }, { begin, size }, emit) => emit.op('Slice', [x.ref, vectorOf(emit, begin), vectorOf(emit, size)]),
  StridedSlice: ({ x }, { begin, end, strides }, emit) =>
    emit.op('StridedSlice', [x.ref, vectorOf(emit, begin), vectorOf(emit, end), vectorOf(emit, strides)], {
      begin_mask: int(0),
      end_mask: int(0),
      ellipsis_mask: int(0),
      new_axis_mask: int(0),
      shrink_axis_mask: int(0),
    }),
  PadV2: ({ x }, { paddings, constantValue }, emit) =>
    emit.op('PadV2', [x.ref, matrixOf(emit, paddings), scalarOf(emit, constantValue, x.dtype)]),
  MirrorPad: ({ x }, { paddings, mode }, emit) =>
    emit.op('MirrorPad', [x.ref, matrixOf(emit, paddings)], {
      mode: string(mode === 'reflect' ? 'REFLECT' : 'SYMMETRIC'),
    }),
  Reverse: ({ x }, { dims }, emit) => emit.op('ReverseV2', [x.ref, vectorOf(emit, dims)]),
  GatherV2: ({ x, indices }, { axis, batchDims }, emit) =>
    emit.op('GatherV2', [x.ref, cast(emit, indices, 'int32'), scalarOf(emit, axis, 'int32')], {
      batch_dims: int(batchDims),
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
          align_corners: bool(alignCorners),
          half_pixel_centers: bool(halfPixelCenters),
        }),
  ),
  ResizeBilinearGrad: ({ images, dy }, { alignCorners }, emit) =>
    emit.op('ResizeBilinearGrad', [dy.ref, images.ref], { align_corners: bool(alignCorners) }),
  ResizeNearestNeighborGrad: ({ images, dy }, { alignCorners }, emit) =>
    emit.op('ResizeNearestNeighborGrad', [dy.ref, vectorOf(emit, images.shape.slice(1, 3))], {
      align_corners: bool(alignCorners),
    }),
  CropAndResize: ({ image, boxes, boxInd }, { cropSize, method, extrapolationValue }, emit) =>
    emit.op('CropAndResize', [image.ref, boxes.ref, boxInd.ref, vectorOf(emit, cropSize)], {
      method: string(method),
      extrapolation_value: { kind: 'float', value: extrapolationValue },
    }),
};
