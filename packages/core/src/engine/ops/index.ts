/**
 * Training ops fused into one node instead of thirty: named kernels with a composed default that backends can replace.
 */
import { registerBatchNormTraining } from './batch-norm-training.js';
import { registerPreluGradient } from './prelu.js';
import { registerSoftmaxCrossEntropy } from './softmax-cross-entropy.js';
import { registerTargetEntry } from './target-entry.js';

export * from './batch-norm-training.js';
export * from './prelu.js';
export * from './softmax-cross-entropy.js';
export * from './target-entry.js';

/** Adds composed kernels to a tfjs backend for the ops it lacks. Calling it again does nothing. */
export function registerComposedKernels(tfBackend: string): void {
  registerBatchNormTraining(tfBackend);
  registerPreluGradient(tfBackend);
  registerSoftmaxCrossEntropy(tfBackend);
  registerTargetEntry(tfBackend);
}
