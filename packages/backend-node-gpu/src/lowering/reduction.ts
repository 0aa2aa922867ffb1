/** Kernels that reduce or scan an axis. */
import { util } from '@tensorflow/tfjs-core';
import { bool, type } from '../runtime/attributes.js';
import type { TfType } from '../runtime/dtypes.js';
import { cast } from './cast.js';
import {
  loweringsFor,
  mutable,
  scalarOf,
  vectorOf,
  type KernelAttributes,
  type Lowering,
  type Lowerings,
  type Operand,
} from './lowering.js';

const axesOf = (x: Operand, { axis, reductionIndices }: KernelAttributes): number[] =>
  util.parseAxisParam(axis ?? reductionIndices, mutable(x.shape));

/** In the dtype in which tfjs sums. */
const reduction =
  (name: string, dtype: (x: Operand) => TfType): Lowering =>
  ({ x }, attrs, emit) =>
    emit.op(name, [cast(emit, x, dtype(x)), vectorOf(emit, axesOf(x, attrs))], {
      keep_dims: bool(Boolean(attrs.keepDims)),
    });
const own = (x: Operand): TfType => x.dtype;
const whole = (x: Operand): TfType => (x.dtype === 'bool' ? 'int32' : x.dtype);

const best =
  (name: string): Lowering =>
  ({ x }, attrs, emit) =>
    emit.op(name, [x.ref, scalarOf(emit, axesOf(x, attrs)[0], 'int32')], { output_type: type('int32') });
const cumulative =
  (name: string): Lowering =>
  ({ x }, attrs, emit) =>
    emit.op(name, [x.ref, scalarOf(emit, axesOf(x, attrs)[0], 'int32')], {
      exclusive: bool(Boolean(attrs.exclusive)),
      reverse: bool(Boolean(attrs.reverse)),
    });

export const reductionLowerings: Lowerings = {
  ...loweringsFor(['Max', 'Min'], (name) => reduction(name, own)),
  ...loweringsFor(['Sum', 'Prod'], (name) => reduction(name, whole)),
  ...loweringsFor(['All', 'Any'], (name) => reduction(name, () => 'bool')),
  Mean: reduction('Mean', () => 'float32'),
  ...loweringsFor(['ArgMax', 'ArgMin'], best),
  ...loweringsFor(['Cumsum', 'Cumprod'], cumulative),
  TopK: ({ x }, { k, sorted }, emit) =>
    emit.ops(
      'TopKV2',
      [x.ref, scalarOf(emit, k, 'int32')],
      { sorted: bool(sorted ?? true), index_type: type('int32') },
      2,
    ),
  UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }, emit) =>
    emit.op('UnsortedSegmentSum', [x.ref, segmentIds.ref, scalarOf(emit, numSegments, 'int32')]),
};
