/** Numbers, and numbers with what they count, as messages and reports say them: "1,200", "1 person", "22 people". */

/** `1234567` as `1,234,567`; rounded. */
export const count = (number: number): string => Math.round(number).toLocaleString('en-GB');

/** Plurals that do not only add an s. */
const PLURALS: Readonly<Record<string, string>> = { person: 'people' };

/** `unit` is the singular; the number is rounded and written with thousands separators. */
export function countOf(number: number, unit: string): string {
  return `${count(number)} ${Math.round(number) === 1 ? unit : (PLURALS[unit] ?? `${unit}s`)}`;
}
