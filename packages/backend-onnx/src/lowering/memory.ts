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
 * Measured memory that onnxruntime uses per live byte (MobileFaceNet, batches of 16 to 512).
 *
 * - If it knows the shapes, it plans buffer reuse and its own allocator keeps the buffers in between, which is fastest. A
 *   validation takes a tenth more for its own buffers, for which `most` leaves room.
 * - If they are hidden, its allocator leaves gaps between buffers of different sizes: 1.1 to 1.7 times, for no reason that a plan
 *   could see.
 * - If every buffer goes back to the system after its last use, there are no gaps. But new pages cost time: on a virtual machine
 *   a step took three times as long.
 */
const KEPT = { likely: 1.18, most: 1.25 };
const HIDDEN = { likely: 1.4, most: 1.75 };
const RETURNED = { likely: 1.06, most: 1.06 };
/** What capturing and compiling a step and loading onnxruntime leave behind. */
export const COMPILING_BYTES = 0.13e9;
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
  /** Shapes are hidden from onnxruntime. */
  readonly hideShapes: boolean;
  /** Buffers go back to the system. */
  readonly returns: boolean;
}

export interface FitOptions {
  /** For the step alone. Default: none. */
  readonly limitBytes?: number;
  /** Whether buffers can go back to the system; see session/system-memory.ts. Default: `true`. */
  readonly returns?: boolean;
}

/**
 * The graph for a memory limit of a step: unchanged if it fits, else with hidden shapes and as much recomputation as
 * necessary, and only if that is not enough, with buffers that go back to the system.
 */
export function fitMemory(
  graph: Graph,
  block: number,
  { limitBytes = Infinity, returns = true }: FitOptions = {},
): FittedGraph {
  const model = memoryModel(block);
  const need = memoryNeed(graph, model);
  const fixedBytes = need.fixedBytes * STATE_COPIES;
  const left = Math.max(0, limitBytes - fixedBytes);
  const memory = (activationBytes: number, recomputed: number): StepMemory => ({
    bytes: fixedBytes + activationBytes,
    fixedBytes,
    activationBytes,
    recomputed,
  });
  if (need.peakBytes * KEPT.most <= left)
    return { graph, memory: memory(need.peakBytes * KEPT.likely, 0), hideShapes: false, returns: false };
  const within = ({ likely, most }: typeof HIDDEN, returns: boolean): FittedGraph & { readonly fits: boolean } => {
    const {
      graph: small,
      need: fitted,
      dropped,
    } = rematerialise(graph, {
      limitBytes: need.fixedBytes + left / most,
      memory: model,
    });
    const fits = fitted.peakBytes * most <= left;
    return {
      graph: small,
      memory: memory(fitted.peakBytes * (fits ? likely : most), dropped),
      hideShapes: true,
      returns,
      fits,
    };
  };
  const hidden = within(HIDDEN, false);
  return hidden.fits || !returns ? hidden : within(RETURNED, true);
}
