/**
 * The plateau criterion: the loss has levelled off. Compares the mean of each full window of steps with the last mean
 * that counted as progress. Small gains therefore add up, and a rise followed by a fall is not progress. Losses during
 * warm-up are ignored.
 */
import { definePlugin, plateauRule, type Criterion, type PlateauRule } from '@facewright/core';
import { VERSION } from '../version.js';

type Seen = {
  /** The window in progress. */
  readonly window: { readonly count: number; readonly sum: number };
  /** Means of the most recent full windows, oldest first. */
  readonly means: readonly number[];
  /** The mean that the next window is compared with: the last one that counted as progress. */
  readonly reference: number | null;
  /** Relative improvement of the last full window's mean over the reference. */
  readonly gain: number | null;
  /** Consecutive full windows without enough improvement. */
  readonly lingering: number;
};

const EMPTY = { count: 0, sum: 0 };

export const atPlateau = (rule: PlateauRule): Criterion<Seen> => ({
  begin: () => ({ window: EMPTY, means: [], reference: null, gain: null, lingering: 0 }),
  observe: (seen, { loss, warmingUp }) => (warmingUp ? seen : observe(seen, loss, rule)),
  verdict: ({ means, reference, gain, lingering }) =>
    lingering >= rule.patience ? { ...rule, means, reference, gain } : undefined,
  least: (seen, _stepsPerEpoch, warmUpLeft) =>
    Math.max(0, warmUpLeft + windowsLeft(seen, rule) * rule.window - seen.window.count),
  remark: (seen, former) => (seen.lingering > former.lingering ? remark(seen, rule) : undefined),
});

/** The `plateau` criterion plugin. */
export const plateauCriterion = definePlugin({
  meta: {
    name: 'plateau',
    kind: 'criterion',
    version: VERSION,
    apiVersion: 1,
    description: 'a stage until its loss levels off',
  },
  options: plateauRule,
  create: atPlateau,
});

declare module '@facewright/core' {
  interface CriterionPlugins {
    plateau: typeof plateauCriterion;
  }
}

/** The fewest windows until the end, including the one in progress: no window from here on improves. */
function windowsLeft(
  { window, reference, lingering }: Seen,
  { window: length, patience, minimumLoss }: PlateauRule,
): number {
  // the first window is only compared with the minimum loss; losses are not negative, so its mean may be known to exceed it
  const first = reference === null && window.sum / length > minimumLoss ? 1 : 0;
  return patience - lingering + first;
}

function observe(seen: Seen, loss: number, { window: length, minimumGain, patience, minimumLoss }: PlateauRule): Seen {
  const window = { count: seen.window.count + 1, sum: seen.window.sum + loss };
  if (window.count < length) return { ...seen, window };
  const mean = window.sum / length;
  const emptied = { ...seen, window: EMPTY, means: [...seen.means, mean].slice(-(patience + 1)) };
  const spent = mean <= minimumLoss; // near zero, relative improvements could continue forever
  if (seen.reference === null) return { ...emptied, reference: mean, lingering: spent ? 1 : 0 };
  const gain = (seen.reference - mean) / Math.max(Math.abs(seen.reference), 1e-12);
  const progress = !spent && gain > 0 && gain >= minimumGain;
  return progress
    ? { ...emptied, gain, reference: mean, lingering: 0 }
    : { ...emptied, gain, lingering: seen.lingering + 1 };
}

function remark(
  { means, reference, gain, lingering }: Seen,
  { patience, minimumGain, minimumLoss }: PlateauRule,
): string {
  const percent = (share: number): string => `${Number((Math.abs(share) * 100).toFixed(1))} %`;
  const shown = (loss: number): string => loss.toFixed(loss < 0.1 ? 4 : 3);
  const mean = means.at(-1)!;
  const change = `${gain! < 0 ? 'rose' : 'improved'} ${percent(gain ?? 0)}`;
  const ends = lingering >= patience;
  const next = ends ? 'Ending this stage.' : `This is ${lingering} of ${patience} times in a row.`;
  if (mean <= minimumLoss) return `Loss is down to ${shown(mean)}, so there is little left to learn. ${next}`;
  return `Loss ${ends ? 'has levelled' : 'is levelling'} off (${shown(reference!)} → ${shown(mean)}, ${change}; needed ${percent(minimumGain)}). ${next}`;
}
