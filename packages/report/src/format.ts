/** Numbers and times in human-readable form. */
import { count } from '@facewright/core';

export { count };

/** `0.9712` as `97.1 %`. */
export const percent = (value: number, digits = 1): string => `${(value * 100).toFixed(digits)} %`;

/** Three significant digits, with an exponent only where a person would write one. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1000) return count(value);
  return size < 1e-4 ? value.toExponential(1).replace('e-', 'e−') : String(Number(value.toPrecision(3)));
}

/** `2 to 5 min`, `at most 40 s` or `3 min`: how long work of `least` to `most` seconds takes. */
export function timeRange(most: number, least = most): string {
  const to = roughly(most);
  if (least <= 0) return `at most ${to}`;
  const from = roughly(least);
  if (from === to) return to;
  const [, amount, unit] = /^(\d+) (s|min)$/.exec(from) ?? [];
  return unit && to === `${Number.parseInt(to)} ${unit}` ? `${amount} to ${to}` : `${from} to ${to}`;
}

export const timeLeft = (most: number, least?: number): string => `${timeRange(most, least)} left`;

/** What an event of progress says, in part. */
interface Progress {
  readonly done: number;
  readonly total?: number;
  readonly least?: number;
  readonly perSecond?: number;
  /** ms since 1970. */
  readonly at: number;
}

/** Until then the first units, often slower than the others, are no basis for an estimate. */
const ENOUGH = { share: 0.03, seconds: 10 };

/**
 * Units per second, as reported or else since the task's first event, and the time left if the rate is a basis for one.
 */
export function pace(
  { done, total, least, perSecond, at }: Progress,
  begin: Pick<Progress, 'done' | 'at'>,
): { readonly rate?: number; readonly left?: string } {
  const seconds = (at - begin.at) / 1000;
  const rate = perSecond ?? (seconds > 0.2 && done > begin.done ? (done - begin.done) / seconds : undefined);
  if (!rate) return {};
  if (total === undefined || done >= total) return { rate };
  const enough = perSecond !== undefined || seconds >= ENOUGH.seconds || (done - begin.done) / total >= ENOUGH.share;
  if (!enough) return { rate };
  return { rate, left: timeLeft((total - done) / rate, least === undefined ? undefined : (least - done) / rate) };
}

/** An estimate in minutes is not accurate to the second. */
const roughly = (seconds: number): string =>
  seconds < 180 ? duration(seconds) : duration(60 * Math.round(seconds / 60)).replace(/ 0 (s|min)$/, '');

/** `95` as `1 min 35 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
