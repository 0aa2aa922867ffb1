/**
 * The memory a captured graph needs once lowered: which values are never materialised, and what ops need besides their
 * results.
 */
import { bytesOf, memoryNeed, plainMemory, rematerialise, type Graph, type MemoryModel } from '@facewright/capture';
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT, PRELU_GRADIENT } from '@facewright/core';

/**
 * On blocked images a normalised value is fused into its reader, and the gradient of a PReLU is kept as one mask
 * product.
 */
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
 * Measured memory that onnxruntime uses per live byte (MobileFaceNet, batches of 32 to 512). If it knows the shapes, it
 * plans buffer reuse and keeps the buffers in between, which is faster; if they are hidden, only its allocator's gaps
 * are added.
 */
const PLANNED = 1.25;
const HIDDEN = 1.4;
/** State enters and leaves a step in separate tensors, both of which are kept, and weights are unpacked from them. */
const STATE_COPIES = 3;

export interface StepMemory {
  /** For a step, in addition to the process itself. */
  readonly bytes: number;
  /** State in all its copies, inputs and constants. */
  readonly fixedBytes: number;
  readonly activationBytes: number;
  /** Values computed twice to save memory. */
  readonly recomputed: number;
}

export interface FittedGraph {
  readonly graph: Graph;
  readonly memory: StepMemory;
  readonly hideShapes: boolean;
}

/**
 * The graph for a memory limit: unchanged if it fits, else with hidden shapes, else with as much recomputation as
 * necessary.
 */
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
