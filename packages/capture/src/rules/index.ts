/** Every kernel that can be captured, with the rule for its outputs. */
import { elementwiseRules } from './elementwise.js';
import { networkRules } from './network.js';
import { reductionRules } from './reduction.js';
import { shapeRules } from './shape.js';
import { trainingRules } from './training.js';
import type { Rules } from './rule.js';

export const rules: Rules = {
  ...elementwiseRules,
  ...shapeRules,
  ...reductionRules,
  ...networkRules,
  ...trainingRules,
};
/** Names of the kernels that can be captured. */
export const CAPTURED_OPS: readonly string[] = Object.keys(rules);
export type { Rules } from './rule.js';
