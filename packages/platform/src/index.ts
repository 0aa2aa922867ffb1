/**
 * What parts need from the system and browsers can also provide: decoding photos, SHA-256, files, the event loop. This
 * is the Node implementation; browser bundlers use browser.ts instead, through the `browser` condition in this
 * package's exports. Both export the same names.
 */
import { createHash } from 'node:crypto';
import { readChecked, readCheckedText, withFile as withCheckedFile } from './node/checked-file.js';
import type { FilePieces } from './file-pieces.js';
import type { Sha256 } from './sha256.js';

export {
  decodeImage,
  ImageError,
  type DecodedImage,
  type DecodeLimits,
  type DecodeOptions,
} from './node/image-file.js';
export { writeFileAtomic } from './node/atomic.js';
export { whileLocked } from './node/lock.js';
export { replaceDirectory, writeWholeDirectory } from './node/whole-directory.js';
export { fitPixels, mirrorPixels } from './fit-pixels.js';
export { oneAhead } from './one-ahead.js';
export { shortageOf } from './shortage.js';
export { workInProgress } from './work-in-progress.js';
export { mkdir, readdir, rm } from 'node:fs/promises';
export { basename, dirname, join } from 'node:path';
/** Gives signals, timers and the console their turn. */
export { setImmediate as nextTurn } from 'node:timers/promises';
export type { FilePieces } from './file-pieces.js';
export type { Sha256 } from './sha256.js';

/** Weights are held in memory, and an array cannot be longer. */
const MAX_BYTES = 2 ** 31 - 1;

/** A regular file of less than 2 GiB, as bytes or as text (UTF-8, less than 64 MiB). */
export function readFile(path: string): Promise<Uint8Array>;
export function readFile(path: string, encoding: 'utf8'): Promise<string>;
export function readFile(path: string, encoding?: 'utf8'): Promise<Uint8Array | string> {
  return encoding ? readCheckedText(path) : readChecked(path, { maxBytes: MAX_BYTES });
}

/** Opens a regular file of any size, uses it, and closes it. */
export const withFile: <T>(path: string, use: (file: FilePieces) => Promise<T>) => Promise<T> = withCheckedFile;

/** Node hashes less than 2 GiB at once. */
const HASHED_AT_ONCE = 2 ** 30;

export function createSha256(): Sha256 {
  const hash = createHash('sha256');
  const update = (part: Uint8Array | string): Sha256 => {
    if (typeof part === 'string') hash.update(part);
    else for (let at = 0; at < part.length; at += HASHED_AT_ONCE) hash.update(part.subarray(at, at + HASHED_AT_ONCE));
    return sha256;
  };
  const sha256: Sha256 = { update, hex: () => hash.digest('hex') };
  return sha256;
}
