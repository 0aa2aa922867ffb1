/** SHA-256 of bytes, and of values by their JSON with sorted keys. */
import { createSha256 } from '@facewright/platform';

export const sha256 = (bytes: Uint8Array | string): string => createSha256().update(bytes).hex();

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
