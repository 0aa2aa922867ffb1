/** The passes, and the order in which they run. */
import type { Graph } from '../graph.js';
import { shareCommonSubexpressions } from './common-subexpressions.js';
import { foldConstants } from './constant-folding.js';
import { removeDeadCode } from './dead-code.js';
import { removeIdentities } from './identities.js';
import { unfuse } from './unfuse.js';

export { rematerialise, type RematerialiseOptions } from './rematerialise.js';
export { stackSquares, stackUpdates } from './stack-updates.js';
export { foldConstants, removeDeadCode, removeIdentities, shareCommonSubexpressions, unfuse };

export type Pass = (graph: Graph) => Graph;

/** Dead code first: unused gradients are half of what a tape records. */
const PASSES: readonly Pass[] = [
  removeDeadCode,
  unfuse,
  removeIdentities,
  foldConstants,
  removeIdentities,
  shareCommonSubexpressions,
  removeDeadCode,
];

/** The same function in fewer nodes. */
export const simplify = (graph: Graph): Graph => PASSES.reduce((current, pass) => pass(current), graph);
