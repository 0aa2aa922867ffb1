/** What a captured graph needs of memory once it is lowered: which values are never made, and what ops need beside their results. */
import { bytesOf, memoryNeed, plainMemory, rematerialise, type Graph, type MemoryModel, type MemoryNeed } from '@facewright/capture';
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT, PRELU_GRADIENT } from '@facewright/core';

/** On blocked images a normalised value is made on the way into its reader, and the gradient of a PReLU is kept as one mask product. */
function memoryModel(block: number): MemoryModel {
  if (!block) return { ...plainMemory, scratchBytes: (node) => (node.op === BATCH_NORM_TRAINING || node.op === BATCH_NORM_TRAINING_GRADIENT ? 2 * bytesOf(node.inputs[0]) : node.op === PRELU_GRADIENT ? bytesOf(node.inputs[0]) : 0) };
  return {
    isView: (node, output) => plainMemory.isView(node, output) || ((node.op === BATCH_NORM_TRAINING || node.op === 'FusedBatchNorm') && output === node.outputs[0]),
    scratchBytes: (node) => (node.op === BATCH_NORM_TRAINING_GRADIENT || node.op === PRELU_GRADIENT || node.op === 'Prelu' ? bytesOf(node.inputs[0]) : 0),
  };
}

/** What onnxruntime's allocator takes for each byte that is alive, by measurement: it keeps freed pieces that nothing fits. */
const ALLOCATOR = 1.15;
/** State goes in and comes out of a step in tensors of their own, and both sets are kept; weights are unpacked from them. */
const STATE_COPIES = 3;

export interface StepMemory {
  /** Bytes of a step beyond the process itself. */
  readonly bytes: number;
  /** State in all its copies, inputs and constants. */
  readonly fixedBytes: number;
  readonly activationBytes: number;
}

export function stepMemory(need: MemoryNeed): StepMemory {
  const fixedBytes = need.fixedBytes * STATE_COPIES;
  const activationBytes = need.peakBytes * ALLOCATOR;
  return { bytes: fixedBytes + activationBytes, fixedBytes, activationBytes };
}

/** The graph with as much computed again as the limit asks for. */
export function fitMemory(graph: Graph, block: number, limitBytes = Infinity): { graph: Graph; memory: StepMemory; recomputed: number } {
  const memory = memoryModel(block);
  const { fixedBytes } = memoryNeed(graph, memory);
  const forActivations = (limitBytes - fixedBytes * STATE_COPIES) / ALLOCATOR;
  const fitted = rematerialise(graph, { limitBytes: fixedBytes + Math.max(0, forActivations), memory });
  return { graph: fitted.graph, memory: stepMemory(fitted.need), recomputed: fitted.dropped };
}
