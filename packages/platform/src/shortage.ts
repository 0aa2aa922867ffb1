/** Detects errors that are not about a file: the process has run out of file handles or memory. */
const SHORTAGES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/**
 * The underlying system error, if a shortage caused this one. The file may be fine, so it must not be counted as
 * damaged.
 */
export function shortageOf(error: unknown): Error | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++)
    if (SHORTAGES.has((at as { code?: unknown }).code)) return at;
  return undefined;
}
