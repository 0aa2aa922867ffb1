/** What the readers share: which files are photos, in what order, how a folder is listed, and how a file becomes a `Photo`. */
import { FacewrightError, messageOf, type Photo } from '@facewright/core';
import { ImageError } from '@facewright/platform/node';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Endings that name an image; whether one can be decoded is found out, and recorded, when it is opened. */
const IMAGE_ENDING = /\.(jpe?g|jpe|jfif|png|webp|bmp|gif|tiff?|avif|heic|heif)$/i;

export const isPhotoName = (name: string): boolean => IMAGE_ENDING.test(name);

/** By UTF-16 code units: the same order on every machine, whatever its language. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export interface Listing {
  readonly folders: string[];
  readonly photos: string[];
}

/** Names in a folder, hidden ones left out, sorted; links are followed on the first level only, so that no circle is walked. */
export async function list(path: string, follow = true): Promise<Listing> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw cannotOpen(error, 'folder', path);
  });
  const folders: string[] = [];
  const photos: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
    const linked =
      follow &&
      entry.isSymbolicLink() &&
      (await stat(join(path, entry.name)).then(
        (target) => target.isDirectory(),
        () => false,
      ));
    if (entry.isDirectory() || linked) folders.push(entry.name);
    else if (isPhotoName(entry.name)) photos.push(entry.name);
  }
  return { folders: folders.sort(byCodeUnit), photos: photos.sort(byCodeUnit) };
}

/** Reads a photo's file; rejects with an `ImageError` of reason `unreadable`. */
export async function readPhoto(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ImageError('unreadable', `The photo cannot be read: ${messageOf(error)}.`, path, error);
  }
}

export const photoOf = (id: string, identity: string, path: string, more: Partial<Photo> = {}): Photo => ({
  id,
  identity,
  bytes: () => readPhoto(path),
  ...more,
});

/** The clear error for a path that cannot be opened. */
export function cannotOpen(error: unknown, what: string, path: string): FacewrightError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT')
    return new FacewrightError({
      what: `There is no such ${what}.`,
      where: path,
      todo: 'Check the path; a relative one starts at the config file, or else at the working directory.',
      cause: error,
    });
  if (code === 'ENOTDIR')
    return new FacewrightError({
      what: 'This is a file, not a folder.',
      where: path,
      todo: 'Name the folder that holds one subfolder a person.',
      cause: error,
    });
  if (code === 'EISDIR')
    return new FacewrightError({
      what: `This is a folder, not a ${what}.`,
      where: path,
      todo: 'Name the file.',
      cause: error,
    });
  if (code === 'EACCES' || code === 'EPERM')
    return new FacewrightError({
      what: `The ${what} may not be read by this user.`,
      where: path,
      todo: 'Give yourself the right to read it, or move it out of the data.',
      cause: error,
    });
  return new FacewrightError({ what: `The ${what} cannot be read: ${messageOf(error)}.`, where: path, cause: error });
}
