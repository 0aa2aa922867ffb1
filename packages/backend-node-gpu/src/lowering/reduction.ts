/** Kernels that reduce or scan an axis. */
import { bool, type } from '../runtime/attributes.js';
import type { TfType } from '../runtime/dtypes.js';
import { cast } from './cast.js';
import { loweringsFor, scalarOf, vectorOf, type Lowering, type Lowerings, type Operand } from './lowering.js';

type Reduction = 'All' | 'Any' | 'Max' | 'Mean' | 'Min' | 'Prod' | 'Sum';

/** In the dtype in which tfjs sums. */
const reduction =
  (name: string, dtype: (x: Operand) => TfType): Lowering<Reduction> =>
  ({ x }, { axis, keepDims }, emit) =>
    emit.op(name, [cast(emit, x, dtype(x)), vectorOf(emit, axis)], { keep_dims: bool(keepDims) });
const own = (x: Operand): TfType => x.dtype;
const whole = (x: Operand): TfType => (x.dtype === 'bool' ? 'int32' : x.dtype);

const best =
  (name: string): Lowering<'ArgMax' | 'ArgMin'> =>
  ({ x }, { axis }, emit) =>
    emit.op(name, [x.ref, scalarOf(emit, axis, 'int32')], { output_type: type('int32') });
const cumulative =
  (name: string): Lowering<'Cumsum' | 'Cumprod'> =>
  ({ x }, { axis, exclusive, reverse }, emit) =>
    emit.op(name, [x.ref, scalarOf(emit, axis, 'int32')], { exclusive: bool(exclusive), reverse: bool(reverse) });

export const reductionLowerings: Lowerings = {
  ...loweringsFor(['Max', 'Min'], (name) => reduction(name, own)),
  ...loweringsFor(['Sum', 'Prod'], (name) => reduction(name, whole)),
  ...loweringsFor(['All', 'Any'], (name) => reduction(name, () => 'bool')),
  Mean: reduction('Mean', () => 'float32'),
  ...loweringsFor(['ArgMax', 'ArgMin'], best),
  ...loweringsFor(['Cumsum', 'Cumprod'], cumulative),
  TopK: ({ x }, { k, sorted }, emit) =>
    emit.ops('TopKV2', [x.ref, scalarOf(emit, k, 'int32')], { sorted: bool(sorted), index_type: type('int32') }, 2),
  UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }, emit) =>
    emit.op('UnsortedSegmentSum', [x.ref, segmentIds.ref, scalarOf(emit, numSegments, 'int32')]),
};
