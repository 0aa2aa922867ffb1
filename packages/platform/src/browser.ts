/** The platform in browsers: the browser decodes photos, files are kept in memory, SHA-256 runs in JavaScript. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Sha256 } from './sha256.js';

export { fitPixels, mirrorPixels } from './fit-pixels.js';
export { oneAhead } from './one-ahead.js';
export { shortageOf } from './shortage.js';
export { workInProgress } from './work-in-progress.js';
export {
  decodeImage,
  ImageError,
  type DecodedImage,
  type DecodeLimits,
  type DecodeOptions,
} from './browser/canvas-images.js';
export {
  basename,
  dirname,
  join,
  mkdir,
  readdir,
  readFile,
  replaceDirectory,
  rm,
  whileLocked,
  withFile,
  writeFileAtomic,
  writeWholeDirectory,
} from './browser/memory-files.js';
export type { FilePieces } from './file-pieces.js';
export type { Sha256 } from './sha256.js';

export function createSha256(): Sha256 {
  const hash = sha256.create();
  const made: Sha256 = {
    update: (part) => (hash.update(typeof part === 'string' ? utf8ToBytes(part) : part), made),
    hex: () => bytesToHex(hash.digest()),
  };
  return made;
}

/** The browser APIs used here, which this package's types do not declare. */
declare const MessageChannel: new () => {
  readonly port1: { onmessage: (() => void) | null; close(): void };
  readonly port2: { postMessage(message: unknown): void };
};

/** Gives messages, clicks and drawing their turn; a timer would wait 4 ms. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
