/** Every tfjs kernel that is supported here. */
import { elementwiseLowerings } from './elementwise.js';
import type { Lowerings } from './lowering.js';
import { networkLowerings } from './network.js';
import { reductionLowerings } from './reduction.js';
import { shapeLowerings } from './shape.js';
import { trainingLowerings } from './training.js';

export const lowerings: Lowerings = {
  ...elementwiseLowerings,
  ...shapeLowerings,
  ...reductionLowerings,
  ...networkLowerings,
  ...trainingLowerings,
};
