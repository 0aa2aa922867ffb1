/** Every kernel with a lowering. */
import { convolutionLowerings } from './convolution.js';
import { elementwiseLowerings } from './elementwise.js';
import type { Lowerings, PlainLowering } from './lowering.js';
import { networkLowerings } from './network.js';
import { pickingLowerings } from './picking.js';
import { reductionLowerings } from './reduction.js';
import { resizeLowerings } from './resize.js';
import { shapeLowerings } from './shape.js';
import { trainingLowerings } from './training.js';

const byOp: Lowerings = {
  ...elementwiseLowerings,
  ...shapeLowerings,
  ...pickingLowerings,
  ...reductionLowerings,
  ...convolutionLowerings,
  ...networkLowerings,
  ...resizeLowerings,
  ...trainingLowerings,
};

/** By op. Each reads its own op's canonical attributes. */
export const lowerings = byOp as Readonly<Record<string, PlainLowering | undefined>>;
