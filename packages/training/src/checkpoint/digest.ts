/** SHA-256 of bytes, and of values by their JSON with sorted keys. */
import { createSha256 } from '@facewright/platform';

/** Of bytes in one piece or several, or of text. */
export function sha256(data: Uint8Array | string | readonly Uint8Array[]): string {
  const hash = createSha256();
  if (Array.isArray(data)) for (const piece of data as Uint8Array[]) hash.update(piece);
  else hash.update(data as Uint8Array | string);
  return hash.hex();
}

/** The same for equal values, whatever the order of their keys. */
export const digestOf = (value: unknown): string => sha256(canonical(value));

/** Digest of a long list, without ever building its text. */
export function digestOfList(values: Iterable<unknown>): string {
  const hash = createSha256();
  let lines = '';
  for (const value of values) {
    lines += `${isPlain(value) ? JSON.stringify(value) : canonical(value)}\n`;
    if (lines.length < PIECE) continue;
    hash.update(lines);
    lines = '';
  }
  return hash.update(lines).hex();
}

/** The same for a list whose values are given as JSON, by index. */
export function digestOfLines(length: number, lineOf: (index: number) => string): string {
  const hash = createSha256();
  let lines = '';
  for (let index = 0; index < length; index++) {
    lines += `${lineOf(index)}\n`;
    if (lines.length < PIECE) continue;
    hash.update(lines);
    lines = '';
  }
  return hash.update(lines).hex();
}

/** Characters hashed at once: a call takes longer than a line. */
const PIECE = 1 << 16;

/** Without keys to sort, which takes ten times as long. */
const isPlain = (value: unknown): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.every((part) => typeof part === 'string'));

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
