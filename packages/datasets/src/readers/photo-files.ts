/** Shared by the readers: which files are photos, their order, listing a folder, and turning a file into a `Photo`. */
import { FacewrightError, messageOf, type Photo } from '@facewright/core';
import { nameText, pathBelow, pathText, readPhoto, type FilePath } from '@facewright/platform/node';
import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { foldersOnce, type FolderEntry } from './folders-once.js';

/** Extensions of images. Whether one can be decoded is determined, and recorded, when it is opened. */
const IMAGE_ENDING = /\.(jpe?g|jpe|jfif|png|webp|bmp|dib|p[bgpn]m|gif|tiff?|avif|heic|heif|jp2|j2k|jxl)$/i;

export const isPhotoName = (name: string): boolean => IMAGE_ENDING.test(name);

/** Compares by UTF-16 code units: the same order on every machine, whatever its language. */
export const byCodeUnit = (a: string, b: string): number => Number(a > b) - Number(a < b);

export type Entry = FolderEntry;

export interface Listing {
  readonly folders: readonly Entry[];
  readonly photos: readonly Entry[];
  /** Extensions of the files that are not photos by name, with their counts; '' for none. */
  readonly others: ReadonlyMap<string, number>;
  /** Links to folders that are already listed. */
  readonly twice: readonly string[];
}

/**
 * The contents of a folder without hidden names, sorted. Links to folders are followed only at the first level, so
 * circles cannot occur.
 */
export async function list(path: FilePath, follow = true): Promise<Listing> {
  const folders: Entry[] = [];
  const linked: Entry[] = [];
  const photos: Entry[] = [];
  const others = new Map<string, number>();
  for await (const { folder, ...found } of entriesIn(path, follow)) {
    if (folder === 'own') folders.push(found);
    else if (folder === 'linked') linked.push(found);
    else if (isPhotoName(found.name)) photos.push(found);
    else {
      const ending = extname(found.name).toLowerCase();
      others.set(ending, (others.get(ending) ?? 0) + 1);
    }
  }
  const byName = (a: Entry, b: Entry): number => byCodeUnit(a.name, b.name);
  const once = await foldersOnce(folders, linked.sort(byName));
  return {
    folders: once.folders.toSorted(byName),
    photos: photos.sort(byName),
    others,
    twice: once.repeated.map(({ name }) => name),
  };
}

/** The entries of a folder one by one, without hidden names, in any order; with `follow`, links to folders are folders. */
export async function* entriesIn(
  path: FilePath,
  follow = true,
): AsyncGenerator<Entry & { readonly folder?: 'own' | 'linked' }> {
  const folder = await opendir(path, { encoding: 'buffer' as BufferEncoding }).catch((error: unknown) => {
    throw cannotOpen(error, 'folder', pathText(path));
  });
  // Node gives names as bytes where asked to, which its types do not say
  for await (const entry of folder as AsyncIterable<Dirent<Buffer>>) {
    const found = { name: nameText(entry.name), path: pathBelow(path, entry.name) };
    if (found.name.startsWith('.') || found.name === '__MACOSX') continue;
    if (entry.isDirectory()) yield { ...found, folder: 'own' };
    else if (follow && entry.isSymbolicLink() && (await isFolder(found.path))) yield { ...found, folder: 'linked' };
    else yield found;
  }
}

const isFolder = (path: FilePath): Promise<boolean> =>
  stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  );

export const photoOf = (id: string, identity: string, path: FilePath, more: Partial<Photo> = {}): Photo => ({
  id,
  identity,
  bytes: (limits) => readPhoto(path, limits),
  ...more,
});

/** The folder that contains all of these paths, as `lfw/`; otherwise empty. */
export function commonFolder(names: readonly string[]): string {
  const first = names[0]?.split('/') ?? [];
  const folder = first.length > 1 ? `${first[0]}/` : '';
  return names.every((name) => name.startsWith(folder)) ? folder : '';
}

/** The error for a path that cannot be opened. */
export function cannotOpen(error: unknown, what: string, path: string): FacewrightError {
  if (error instanceof FacewrightError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT')
    return new FacewrightError({
      what: `The ${what} does not exist.`,
      where: path,
      todo: path.includes('\uFFFD')
        ? 'Its name is not UTF-8 and cannot be given on the command line. Rename it, or give the path of its parent folder.'
        : 'Check the path. Relative paths start at the config file, or at the working directory if there is none.',
      cause: error,
    });
  if (code === 'ENOTDIR')
    return new FacewrightError({
      what: 'This is a file, not a folder.',
      where: path,
      todo: 'Give the path of the folder with one subfolder per person.',
      cause: error,
    });
  if (code === 'EISDIR')
    return new FacewrightError({
      what: `This is a folder, not a ${what}.`,
      where: path,
      todo: 'Give the path of the file.',
      cause: error,
    });
  if (code === 'EACCES' || code === 'EPERM')
    return new FacewrightError({
      what: `You do not have permission to read this ${what}.`,
      where: path,
      todo: 'Make it readable for yourself, or move it out of the data.',
      cause: error,
    });
  return new FacewrightError({ what: `Cannot read the ${what}: ${messageOf(error)}.`, where: path, cause: error });
}
