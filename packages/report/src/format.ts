/** Numbers and times in human-readable form. */

/** `1234567` as `1,234,567`. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-GB');

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

/** Time left for work that takes `least` to `most` more seconds. */
export function timeLeft(most: number, least = most): string {
  if (least <= 0) return `at most ${roughly(most)} left`;
  const [from, to] = [roughly(least), roughly(most)];
  return from === to ? `${to} left` : `${from} to ${to} left`;
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
