/** Kernels that create, move, concatenate and gather values. */
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import type { TensorSpec } from '../graph.js';
import { listed, mutable, rulesFor, type Rules } from './rule.js';

const rangeLength = (start: number, stop: number, step: number): number =>
  Math.max(0, Math.ceil((stop - start) / step));

export const shapeRules: Rules = {
  Reshape: ({ x }, { shape }) => ({
    shape: util.inferFromImplicitShape(shape, util.sizeFromShape(mutable(x.shape))),
    dtype: x.dtype,
  }),
  ExpandDims: ({ input }, { dim }) => {
    const at = dim < 0 ? input.shape.length + 1 + dim : dim;
    return { shape: [...input.shape.slice(0, at), 1, ...input.shape.slice(at)], dtype: input.dtype };
  },
  Transpose: ({ x }, { perm }) => ({ shape: perm.map((axis: number) => x.shape[axis]), dtype: x.dtype }),
  Fill: (_, { shape, dtype, value }) => ({ shape, dtype: dtype ?? util.inferDtype(value) }),
  Range: (_, { start, stop, step, dtype }) => ({ shape: [rangeLength(start, stop, step)], dtype: dtype ?? 'float32' }),
  LinSpace: (_, { num }) => ({ shape: [num], dtype: 'float32' }),
  OneHot: ({ indices }, { depth, dtype }) => ({ shape: [...indices.shape, depth], dtype: dtype ?? 'float32' }),
  Tile: ({ x }, { reps }) => ({ shape: x.shape.map((dimension, i) => dimension * reps[i]), dtype: x.dtype }),
  BroadcastTo: ({ x }, { shape }) => ({
    shape: shape.map((dimension: number, i: number) => (dimension < 0 ? x.shape[i] : dimension)),
    dtype: x.dtype,
  }),
  Concat: (inputs, { axis }) => {
    const tensors = listed(inputs);
    const shape = backend_util.computeOutShape(
      tensors.map((tensor) => mutable(tensor.shape)),
      util.parseAxisParam(axis, mutable(tensors[0].shape))[0],
    );
    return { shape, dtype: tensors[0].dtype };
  },
  Pack: (inputs, { axis }) => {
    const tensors = listed(inputs);
    const at = axis < 0 ? tensors[0].shape.length + 1 + axis : axis;
    return {
      shape: [...tensors[0].shape.slice(0, at), tensors.length, ...tensors[0].shape.slice(at)],
      dtype: tensors[0].dtype,
    };
  },
  Unpack: ({ value }, { axis }) => {
    const at = util.parseAxisParam(axis, mutable(value.shape))[0];
    const part: TensorSpec = { shape: value.shape.filter((_, i) => i !== at), dtype: value.dtype };
    return Array.from({ length: value.shape[at] }, () => part);
  },
  SplitV: ({ x }, { numOrSizeSplits, axis }) => {
    const at = util.parseAxisParam(axis, mutable(x.shape))[0];
    const sizes = backend_util.prepareSplitSize({ shape: x.shape } as never, numOrSizeSplits, at);
    return sizes.map((size) => ({
      shape: x.shape.map((dimension, i) => (i === at ? size : dimension)),
      dtype: x.dtype,
    }));
  },
  Slice: ({ x }, { begin, size }) => ({
    shape: slice_util.parseSliceParams({ shape: x.shape } as never, begin, size)[1],
    dtype: x.dtype,
  }),
  StridedSlice: ({ x }, { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask }) => {
    const info = slice_util.sliceInfo(
      mutable(x.shape),
      begin,
      end,
      strides,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    );
    return { shape: info.finalShape, dtype: x.dtype };
  },
  ...rulesFor(['PadV2', 'MirrorPad'], ({ x }, { paddings }) => ({
    shape: x.shape.map((dimension, i) => dimension + paddings[i][0] + paddings[i][1]),
    dtype: x.dtype,
  })),
  Reverse: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  GatherV2: ({ x, indices }, { axis, batchDims }) => {
    const at = util.parseAxisParam(axis, mutable(x.shape))[0];
    return {
      shape: [...x.shape.slice(0, at), ...indices.shape.slice(batchDims ?? 0), ...x.shape.slice(at + 1)],
      dtype: x.dtype,
    };
  },
  GatherNd: ({ params, indices }) => {
    const depth = indices.shape[indices.shape.length - 1];
    return { shape: [...indices.shape.slice(0, -1), ...params.shape.slice(depth)], dtype: params.dtype };
  },
  ScatterNd: ({ updates }, { shape }) => ({ shape, dtype: updates.dtype }),
  TensorScatterUpdate: ({ tensor }) => ({ shape: tensor.shape, dtype: tensor.dtype }),
  UnsortedSegmentSum: ({ x }, { numSegments }) => ({ shape: [numSegments, ...x.shape.slice(1)], dtype: x.dtype }),
  ...rulesFor(['ResizeBilinear', 'ResizeNearestNeighbor'], ({ images }, { size }) => ({
    shape: [images.shape[0], size[0], size[1], images.shape[3]],
    dtype: 'float32',
  })),
  ...rulesFor(['ResizeBilinearGrad', 'ResizeNearestNeighborGrad'], ({ images }) => ({
    shape: images.shape,
    dtype: 'float32',
  })),
  CropAndResize: ({ image, boxes }, { cropSize }) => ({
    shape: [boxes.shape[0], cropSize[0], cropSize[1], image.shape[3]],
    dtype: 'float32',
  }),
};
