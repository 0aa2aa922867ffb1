/**
 * What parts need of the machine under them and a browser has too: photos to pixels, SHA-256, files, the event loop. This is Node's side; bundlers
 * for browsers take browser.ts instead, by the condition `browser` of this package's exports. Both offer the same names.
 */
import { createHash } from 'node:crypto';
import type { Sha256 } from './sha256.js';

export { decodeImage, ImageError, type DecodeLimits } from './node/image-file.js';
export { partialPath, publish, writeFileAtomic } from './node/atomic.js';
export { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
export { basename, dirname, join } from 'node:path';
/** Lets signals, timers and the console have their turn. */
export { setImmediate as nextTurn } from 'node:timers/promises';
export type { Sha256 } from './sha256.js';

export function createSha256(): Sha256 {
  const hash = createHash('sha256');
  const sha256: Sha256 = { update: (part) => (hash.update(part), sha256), hex: () => hash.digest('hex') };
  return sha256;
}
