/**
 * A random sample of mutants: which are drawn, and what the share of noticed ones in the sample says of all.
 *
 * Every mutant has the same chance, so the share is an unbiased estimate. The same seed draws the same mutants from the same source.
 */
import { createHash } from 'node:crypto';

/** Identifies a mutant independently of how a run numbers it. */
const keyOf = ({ fileName, location: { start, end }, mutatorName, replacement }) =>
  [fileName, start.line, start.column, end.line, end.column, mutatorName, replacement].join(' ');

/** The `size` mutants whose hashes with the seed come first. */
export function drawSample(mutants, size, seed) {
  const rank = (mutant) =>
    createHash('sha256')
      .update(`${seed} ${keyOf(mutant)}`)
      .digest('hex');
  return mutants
    .map((mutant) => ({ rank: rank(mutant), mutant }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, size)
    .map(({ mutant }) => mutant);
}

/**
 * The 95 % Wilson interval [from, to] of the fraction of detected mutants, given that `noticed` of `tried` were
 * detected.
 */
export function interval(noticed, tried) {
  const z = 1.959964;
  const share = noticed / tried;
  const centre = share + z ** 2 / (2 * tried);
  const half = z * Math.sqrt((share * (1 - share) + z ** 2 / (4 * tried)) / tried);
  return [-1, 1].map((sign) => Math.min(1, Math.max(0, (centre + sign * half) / (1 + z ** 2 / tried))));
}
