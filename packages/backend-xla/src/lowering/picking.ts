/** Kernels that read and write at given indices. */
import type { OpAttributes } from '@facewright/capture';
import type { Builder } from '../hlo/builder.js';
import { sizeOf, type Hlo } from '../hlo/value.js';
import type { Kernel, Lowerings } from './lowering.js';

const upTo = (length: number, from = 0): number[] => Array.from({ length }, (_, i) => from + i);

function gather({ hlo, inputs, attrs: { axis, batchDims }, shape }: Kernel<OpAttributes['GatherV2']>): Hlo {
  const { x } = inputs;
  const indices = hlo.convert(inputs.indices, 'i32');
  const batch = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
  const picked = indices.shape.length - batch;
  const offsets = [...upTo(axis - batch, batch), ...upTo(x.shape.length - axis - 1, axis + picked)];
  const batching = batch
    ? `operand_batching_dims = [${upTo(batch)}], start_indices_batching_dims = [${upTo(batch)}], `
    : '';
  return hlo.gather(
    x,
    indices,
    `offset_dims = [${offsets}], collapsed_slice_dims = [${axis}], ${batching}start_index_map = [${axis}], index_vector_dim = ${indices.shape.length}`,
    x.shape.map((side, i) => (i === axis || i < batch ? 1 : side)),
    shape,
  );
}

function gatherNd({ hlo, inputs: { params, indices }, shape }: Kernel): Hlo {
  const depth = indices.shape[indices.shape.length - 1];
  const rows = indices.shape.length - 1;
  return hlo.gather(
    params,
    hlo.convert(indices, 'i32'),
    `offset_dims = [${upTo(params.shape.length - depth, rows)}], collapsed_slice_dims = [${upTo(depth)}], start_index_map = [${upTo(depth)}], index_vector_dim = ${rows}`,
    params.shape.map((side, i) => (i < depth ? 1 : side)),
    shape,
  );
}

/** The last axis of `indices` is an index into x's first axes. */
function scattered(hlo: Builder, op: 'add' | 'replace', x: Hlo, indices: Hlo, updates: Hlo): Hlo {
  const depth = indices.shape[indices.shape.length - 1];
  const rows = indices.shape.length - 1;
  return hlo.scatter(
    op,
    x,
    hlo.convert(indices, 'i32'),
    hlo.convert(updates, x.type),
    `update_window_dims = [${upTo(updates.shape.length - rows, rows)}], inserted_window_dims = [${upTo(depth)}], scatter_dims_to_operand_dims = [${upTo(depth)}], index_vector_dim = ${rows}`,
  );
}

export const pickingLowerings: Lowerings = {
  GatherV2: gather,
  GatherNd: gatherNd,
  // duplicate indices are summed
  ScatterNd: ({ hlo, inputs: { indices, updates }, shape }) =>
    scattered(hlo, 'add', hlo.filled(0, shape, updates.type), indices, updates),
  TensorScatterUpdate: ({ hlo, inputs: { tensor, indices, updates } }) =>
    scattered(hlo, 'replace', tensor, indices, updates),
  UnsortedSegmentSum: ({ hlo, inputs: { x, segmentIds }, shape }) => {
    const rows = sizeOf(segmentIds.shape);
    const indices = hlo.reshape(hlo.convert(segmentIds, 'i32'), [rows, 1]);
    const updates = hlo.reshape(x, [rows, ...x.shape.slice(segmentIds.shape.length)]);
    return scattered(hlo, 'add', hlo.filled(0, shape, x.type), indices, updates);
  },
};
