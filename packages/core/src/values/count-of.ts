/** A number with what it counts, as messages and reports say it: "1 person", "22 people", "1,200 images". */

/** Plurals that do not only add an s. */
const PLURALS: Readonly<Record<string, string>> = { person: 'people' };

/** `unit` is the singular; the number is rounded and written with thousands separators. */
export function countOf(number: number, unit: string): string {
  const whole = Math.round(number);
  return `${whole.toLocaleString('en-GB')} ${whole === 1 ? unit : (PLURALS[unit] ?? `${unit}s`)}`;
}
