/** Splits a line of a verification list into fields. */

/**
 * Fields are separated by tabs if the line has any, or else by commas if it has any, or else by spaces. With tabs or
 * commas they may contain spaces. Blank lines and those starting with # have no fields.
 */
export function fieldsOf(line: string): string[] {
  const clean = line.trim();
  if (clean === '' || clean.startsWith('#')) return [];
  const separator = ['\t', ','].find((mark) => clean.includes(mark));
  return separator ? clean.split(separator).map((field) => field.trim()) : clean.split(/\s+/);
}

/** The start of a line, for errors. */
export const shown = (fields: readonly string[]): string => fields.join(' ').slice(0, 100);

/** A path with `/`, without a leading `./`. */
export const slashes = (path: string): string => path.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
