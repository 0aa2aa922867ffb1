/** Kernels that reduce or scan an axis. */
import { backend_util, util } from '@tensorflow/tfjs-core';
import type { CapturedDType, TensorSpec } from '../graph.js';
import { mutable, rulesFor, type Rule, type Rules } from './rule.js';

function reduced(
  x: TensorSpec,
  axis: number | number[],
  keepDims: boolean | undefined,
  dtype: CapturedDType,
): TensorSpec {
  const axes = util.parseAxisParam(axis, mutable(x.shape));
  const [shape] = backend_util.computeOutAndReduceShapes(mutable(x.shape), axes);
  return { shape: keepDims ? backend_util.expandShapeToKeepDim(shape, axes) : shape, dtype };
}

const keeping: Rule = ({ x }, { axis, reductionIndices, keepDims }) =>
  reduced(x, axis ?? reductionIndices, keepDims, x.dtype);

export const reductionRules: Rules = {
  ...rulesFor(['Max', 'Min', 'Prod'], keeping),
  Sum: ({ x }, { axis, keepDims }) => reduced(x, axis, keepDims, x.dtype === 'bool' ? 'int32' : x.dtype),
  Mean: ({ x }, { axis, keepDims }) => reduced(x, axis, keepDims, 'float32'),
  ...rulesFor(['All', 'Any'], ({ x }, { axis, keepDims }) => reduced(x, axis, keepDims, 'bool')),
  ...rulesFor(['ArgMax', 'ArgMin'], ({ x }, { axis }) => reduced(x, axis, false, 'int32')),
  ...rulesFor(['Cumsum', 'Cumprod'], ({ x }) => ({ shape: x.shape, dtype: x.dtype })),
  TopK: ({ x }, { k }) => {
    const shape = [...x.shape.slice(0, -1), k];
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int32' },
    ];
  },
};
