/** The learning rate of a step, and when a stage ends. A stage's record is plain data: it goes into the checkpoint as it is. */
import type { StageConfig, UntilRule } from '@facewright/core';

/**
 * The rate of a step of the stage, counted from 0: rises linearly over the first `warmUp` steps, then follows the schedule. What falls over a
 * length falls from the end of the warm-up to `schedule.steps`, or to `limit` where that is not given, and stays there.
 */
export function rateAt({ rate, warmUp, schedule = { name: 'constant' } }: Pick<StageConfig, 'rate' | 'warmUp'> & Partial<Pick<StageConfig, 'schedule'>>, stageStep: number, limit?: number): number {
  if (stageStep < warmUp) return (rate * (stageStep + 1)) / warmUp;
  if (schedule.name === 'constant') return rate;
  if (schedule.name === 'step') return rate * schedule.factor ** schedule.at.filter((at) => at <= stageStep).length;
  const end = schedule.steps ?? limit ?? Infinity;
  const done = Math.min(1, (stageStep - warmUp) / Math.max(1, end - warmUp));
  const left = schedule.name === 'cosine' ? 0.5 * (1 + Math.cos(Math.PI * done)) : (1 - done) ** schedule.power;
  return rate * (schedule.final + (1 - schedule.final) * left);
}

/** The most steps a stage can take, where that is known. */
export function stepLimit({ steps = Infinity, epochs = Infinity }: UntilRule, stepsPerEpoch: number): number | undefined {
  const limit = Math.min(steps, Math.max(1, Math.ceil(epochs * stepsPerEpoch)));
  return Number.isFinite(limit) ? limit : undefined;
}

/** What a stage has seen of its losses. */
export interface LossRecord {
  /** Steps done in this stage. */
  readonly steps: number;
  /** The last losses, oldest first. */
  readonly recent: readonly number[];
  /** The window being filled. */
  readonly window: { readonly count: number; readonly sum: number };
  /** Means of the last full windows, oldest first. */
  readonly means: readonly number[];
  /** The mean that the next window is compared with: the last one that was progress. */
  readonly reference: number | null;
  /** Relative fall of the last full window's mean below the reference. */
  readonly gain: number | null;
  /** Full windows in a row without enough gain. */
  readonly lingering: number;
  /** How often the stage went back to its last good state: its rate is lower by that. */
  readonly setbacks: number;
}

export const EMPTY_RECORD: LossRecord = { steps: 0, recent: [], window: { count: 0, sum: 0 }, means: [], reference: null, gain: null, lingering: 0, setbacks: 0 };

const RECENT = 20;

/**
 * The record with one more loss. The plateau rule compares the mean of each full window with the last mean that was progress, so many small gains
 * add up and a rise followed by a fall is not one. Losses of the warm-up do not count for it.
 */
export function observe(record: LossRecord, loss: number, { until, warmUp }: Pick<StageConfig, 'until' | 'warmUp'>): LossRecord {
  const next = { ...record, steps: record.steps + 1, recent: [...record.recent, loss].slice(-RECENT) };
  if (!until.plateau || record.steps < warmUp) return next;
  const { window: length, minimumGain, patience, minimumLoss } = until.plateau;
  const window = { count: record.window.count + 1, sum: record.window.sum + loss };
  if (window.count < length) return { ...next, window };

  const mean = window.sum / length;
  const means = [...record.means, mean].slice(-(patience + 1));
  const emptied = { ...next, means, window: EMPTY_RECORD.window };
  const spent = mean <= minimumLoss; // relative gains of next to nothing could go on for ever
  if (record.reference === null) return { ...emptied, reference: mean, lingering: spent ? 1 : 0 };
  const gain = (record.reference - mean) / Math.max(Math.abs(record.reference), 1e-12);
  const progress = !spent && gain > 0 && gain >= minimumGain;
  return progress ? { ...emptied, gain, reference: mean, lingering: 0 } : { ...emptied, gain, lingering: record.lingering + 1 };
}

export interface Ending {
  readonly because: 'steps' | 'epochs' | 'plateau';
  readonly evidence: Record<string, unknown>;
}

/** Why the stage ends here, if it does: the first rule that holds. */
export function ending(record: LossRecord, until: UntilRule, stepsPerEpoch: number): Ending | undefined {
  if (until.steps !== undefined && record.steps >= until.steps) return { because: 'steps', evidence: { steps: until.steps } };
  if (until.epochs !== undefined && record.steps >= stepLimit({ epochs: until.epochs }, stepsPerEpoch)!) {
    return { because: 'epochs', evidence: { epochs: until.epochs, stepsPerEpoch } };
  }
  if (until.plateau && record.lingering >= until.plateau.patience) {
    return { because: 'plateau', evidence: { ...until.plateau, means: record.means, reference: record.reference, gain: record.gain } };
  }
  return undefined;
}

/** The mean of the last losses: what a stage ended with, less the noise of one batch. */
export const recentLoss = ({ recent }: LossRecord): number => recent.reduce((sum, loss) => sum + loss, 0) / recent.length;
