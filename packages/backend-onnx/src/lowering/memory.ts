/** What a captured graph needs of memory once it is lowered: which values are never made, and what ops need beside their results. */
import { bytesOf, memoryNeed, plainMemory, rematerialise, type Graph, type MemoryModel } from '@facewright/capture';
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT, PRELU_GRADIENT } from '@facewright/core';

/** On blocked images a normalised value is made on the way into its reader, and the gradient of a PReLU is kept as one mask product. */
function memoryModel(block: number): MemoryModel {
  if (!block)
    return {
      ...plainMemory,
      scratchBytes(node) {
        if (node.op === BATCH_NORM_TRAINING || node.op === BATCH_NORM_TRAINING_GRADIENT)
          return 2 * bytesOf(node.inputs[0]);
        return node.op === PRELU_GRADIENT ? bytesOf(node.inputs[0]) : 0;
      },
    };
  return {
    isView: (node, output) =>
      plainMemory.isView(node, output) ||
      ((node.op === BATCH_NORM_TRAINING || node.op === 'FusedBatchNorm') && output === node.outputs[0]),
    scratchBytes: (node) =>
      node.op === BATCH_NORM_TRAINING_GRADIENT || node.op === PRELU_GRADIENT || node.op === 'Prelu'
        ? bytesOf(node.inputs[0])
        : 0,
  };
}

/**
 * What onnxruntime takes for each byte that is alive, by measurement (MobileFaceNet, batches of 32 to 512). Where it knows the shapes it plans
 * buffers to be taken over and keeps them in between, which is faster; where they are hidden from it, only its allocator's gaps are left.
 */
const PLANNED = 1.25;
const HIDDEN = 1.4;
/** State goes in and comes out of a step in tensors of their own, and both sets are kept; weights are unpacked from them. */
const STATE_COPIES = 3;

export interface StepMemory {
  /** Of a step, beyond the process itself. */
  readonly bytes: number;
  /** State in all its copies, inputs and constants. */
  readonly fixedBytes: number;
  readonly activationBytes: number;
  /** Values that are computed twice to save their memory. */
  readonly recomputed: number;
}

export interface FittedGraph {
  readonly graph: Graph;
  readonly memory: StepMemory;
  readonly hideShapes: boolean;
}

/** The graph for a limit: as it is where that fits, else with hidden shapes, else with as much computed again as it takes. */
export function fitMemory(graph: Graph, block: number, limitBytes = Infinity): FittedGraph {
  const model = memoryModel(block);
  const need = memoryNeed(graph, model);
  const fixedBytes = need.fixedBytes * STATE_COPIES;
  const memory = (peakBytes: number, factor: number, recomputed: number): StepMemory => ({
    bytes: fixedBytes + peakBytes * factor,
    fixedBytes,
    activationBytes: peakBytes * factor,
    recomputed,
  });
  if (fixedBytes + need.peakBytes * PLANNED <= limitBytes)
    return { graph, memory: memory(need.peakBytes, PLANNED, 0), hideShapes: false };
  const forActivations = Math.max(0, (limitBytes - fixedBytes) / HIDDEN);
  const fitted = rematerialise(graph, { limitBytes: need.fixedBytes + forActivations, memory: model });
  return { graph: fitted.graph, memory: memory(fitted.need.peakBytes, HIDDEN, fitted.dropped), hideShapes: true };
}
