/** How a line of a verification list is split into fields. */

/**
 * Fields are separated by tabs where a line has any, else by commas where it has any, else by blanks; with tabs or commas they may hold blanks. A
 * blank line and one that starts with # have none.
 */
export function fieldsOf(line: string): string[] {
  const clean = line.trim();
  if (clean === '' || clean.startsWith('#')) return [];
  const separator = ['\t', ','].find((mark) => clean.includes(mark));
  return separator ? clean.split(separator).map((field) => field.trim()) : clean.split(/\s+/);
}

/** The start of a line, for errors. */
export const shown = (fields: readonly string[]): string => fields.join(' ').slice(0, 100);

/** A path with `/`, without `./` before it. */
export const slashes = (path: string): string => path.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
