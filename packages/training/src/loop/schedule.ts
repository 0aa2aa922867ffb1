/** The learning rate of a step. */
import type { StageConfig } from '@facewright/core';

/**
 * The learning rate of a step of the stage, counted from 0: rises linearly over the first `warmUp` steps, then follows
 * the schedule. Schedules with a length end at `schedule.steps`, or at `limit` if that is missing, and stay constant
 * afterwards.
 */
export function rateAt(
  {
    rate,
    warmUp,
    schedule = { name: 'constant' },
  }: Pick<StageConfig, 'rate' | 'warmUp'> & Partial<Pick<StageConfig, 'schedule'>>,
  stageStep: number,
  limit?: number,
): number {
  if (stageStep < warmUp) return (rate * (stageStep + 1)) / warmUp;
  if (schedule.name === 'constant') return rate;
  if (schedule.name === 'step') return rate * schedule.factor ** schedule.at.filter((at) => at <= stageStep).length;
  const end = schedule.steps ?? limit ?? Infinity;
  const done = Math.min(1, (stageStep - warmUp) / Math.max(1, end - warmUp));
  const left = schedule.name === 'cosine' ? 0.5 * (1 + Math.cos(Math.PI * done)) : (1 - done) ** schedule.power;
  return rate * (schedule.final + (1 - schedule.final) * left);
}
