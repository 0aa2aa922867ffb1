/**
 * How every command opens a photo: only regular files within the limits, with reading and decoding that respond to
 * Ctrl-C.
 */
import { FacewrightError, Interrupted, messageOf, PHOTO_LIMITS, type ByteLimits } from '@facewright/core';
import { ImageError, tooManyBytes, type DecodedImage, type DecodeOptions } from '../image-decoding.js';
import { shortageOf } from '../shortage.js';
import { readChecked, TooManyBytes } from './checked-file.js';
import { pathText, type FilePath } from './file-names.js';
import { decodeImage } from './image-file.js';

/**
 * Decodes a photo file. Rejects with an `ImageError`; for a file over the limit its reason is `too-large`, and nothing
 * is read.
 */
export const openPhoto = async (path: FilePath, limits: DecodeOptions & ByteLimits = {}): Promise<DecodedImage> =>
  decodeImage(await readPhoto(path, limits), { ...limits, where: pathText(path) });

/** The photo file's bytes. Rejects in the same way. */
export async function readPhoto(
  path: FilePath,
  { maxBytes = PHOTO_LIMITS.maxBytes, signal }: ByteLimits = {},
): Promise<Uint8Array> {
  try {
    return await readChecked(path, { maxBytes, signal });
  } catch (error) {
    throw cannotRead(error, pathText(path));
  }
}

/** The usual mistakes on a command line, without the system's words. */
const PLAIN: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  EISDIR: 'This is a folder, not a photo.',
};

/** Why a photo is excluded. A shortage of handles or memory is returned unchanged, because the photo may be fine. */
export function cannotRead(error: unknown, where: string): Error {
  const shortage = shortageOf(error);
  if (shortage) return shortage;
  if (error instanceof Interrupted || error instanceof ImageError) return error;
  if (error instanceof TooManyBytes) return tooManyBytes(error.size, error.maxBytes, where);
  const plain = PLAIN[(error as NodeJS.ErrnoException).code ?? ''];
  const why = error instanceof FacewrightError ? error.what : `${messageOf(error)}.`;
  return new ImageError('unreadable', plain ?? `Cannot read the photo: ${why}`, where, error);
}
