/**
 * What parts need of the machine under them and a browser has too: photos to pixels, SHA-256, files, the event loop. This is Node's side; bundlers
 * for browsers take browser.ts instead, by the condition `browser` of this package's exports. Both offer the same names.
 */
import { createHash } from 'node:crypto';
import { readChecked, readCheckedText } from './node/checked-file.js';
import type { Sha256 } from './sha256.js';

export { decodeImage, ImageError, type DecodeLimits } from './node/image-file.js';
export { writeFileAtomic } from './node/atomic.js';
export { whileLocked } from './node/lock.js';
export { replaceDirectory, writeWholeDirectory } from './node/whole-directory.js';
export { fitPixels } from './fit-pixels.js';
export { shortageOf } from './shortage.js';
export { mkdir, readdir, rm } from 'node:fs/promises';
export { basename, dirname, join } from 'node:path';
/** Lets signals, timers and the console have their turn. */
export { setImmediate as nextTurn } from 'node:timers/promises';
export type { Sha256 } from './sha256.js';

/** Weights are held in memory; an array holds no more. */
const MAX_BYTES = 2 ** 31 - 1;

/** A regular file of less than 2 GiB, as bytes or as text (UTF-8, of less than 64 MiB). */
export function readFile(path: string): Promise<Uint8Array>;
export function readFile(path: string, encoding: 'utf8'): Promise<string>;
export function readFile(path: string, encoding?: 'utf8'): Promise<Uint8Array | string> {
  return encoding ? readCheckedText(path) : readChecked(path, { maxBytes: MAX_BYTES });
}

export function createSha256(): Sha256 {
  const hash = createHash('sha256');
  const sha256: Sha256 = { update: (part) => (hash.update(part), sha256), hex: () => hash.digest('hex') };
  return sha256;
}
