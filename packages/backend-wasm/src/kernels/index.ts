/**
 * Kernels that training needs and tfjs-backend-wasm lacks, replacements for those that are wrong or slow there, and
 * core's training ops.
 */
import { registerBatchNormTraining } from './batch-norm-training.js';
import { registerConv2DFilterGradient } from './conv2d-filter-gradient.js';
import { registerConv2DInputGradient } from './conv2d-input-gradient.js';
import { registerDepthwiseFilterGradient } from './depthwise-filter-gradient.js';
import { registerDepthwiseInputGradient } from './depthwise-input-gradient.js';
import { registerIdentity } from './identity.js';
import { registerOneHot } from './one-hot.js';
import { registerPreluGradient } from './prelu-gradient.js';
import { registerSlice } from './slice.js';
import { registerUnsortedSegmentSum } from './unsorted-segment-sum.js';

let registered = false;

/** Call it after importing tfjs-backend-wasm; calling it again does nothing. */
export function registerTrainingKernels(): void {
  if (registered) return;
  registered = true;
  registerConv2DFilterGradient();
  registerConv2DInputGradient();
  registerDepthwiseFilterGradient();
  registerDepthwiseInputGradient();
  registerUnsortedSegmentSum();
  registerIdentity();
  registerSlice();
  registerOneHot();
  registerBatchNormTraining();
  registerPreluGradient();
}
