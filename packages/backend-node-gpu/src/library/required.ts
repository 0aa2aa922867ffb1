/** The ops that the engine needs for training and inference. A library without one of them is too old. */
import type { Library } from './load.js';

/** The more recent ops in use; all others were already in TensorFlow 2.0. */
const OPS = [
  'AddV2',
  'BatchMatMulV2',
  'FusedBatchNormV3',
  'FusedBatchNormGradV3',
  'SelectV2',
  'TensorScatterAdd',
  'SparseSoftmaxCrossEntropyWithLogits',
];

/** Those that the library lacks. */
export function missingOps({ c }: Library): string[] {
  const status = c.TF_NewStatus() as bigint;
  const graph = c.TF_NewGraph() as bigint;
  try {
    return OPS.filter((name) => {
      const buffer = c.TF_NewBuffer() as bigint;
      c.TF_GraphGetOpDef(graph, name, buffer, status);
      c.TF_DeleteBuffer(buffer);
      return c.TF_GetCode(status) !== 0;
    });
  } finally {
    c.TF_DeleteGraph(graph);
    c.TF_DeleteStatus(status);
  }
}
