/**
 * A folder with one subfolder per person: `<path>/<person>/<photo>.jpg`. Photos in nested folders belong to the same person. Hidden files and
 * folders are skipped, and so are files without an image extension. A file with an image extension that is not an image stays listed, so that the
 * preparation counts it and reports why it was excluded.
 */
import {
  countOf,
  definePlugin,
  FacewrightError,
  throwIfAborted,
  type Identity,
  type PluginContext,
  type Reader,
} from '@facewright/core';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { byCodeUnit, list, photoOf, type Entry, type Listing } from './photo-files.js';
import { VERSION } from '../version.js';

const options = z.strictObject({ path: z.string().min(1).describe('the folder with one subfolder per person') });

export const folder = definePlugin({
  meta: {
    name: 'folder',
    kind: 'reader',
    version: VERSION,
    apiVersion: 1,
    description: 'A folder with one subfolder per person',
  },
  options,
  create: ({ path }, context) => folderReader(resolve(context.baseDirectory, path), context, false),
});

export const alignedFolder = definePlugin({
  meta: {
    name: 'aligned-folder',
    kind: 'reader',
    version: VERSION,
    apiVersion: 1,
    description: 'A folder with one subfolder per person, of crops that are already aligned',
  },
  options,
  create: ({ path }, context) => folderReader(resolve(context.baseDirectory, path), context, true),
});

declare module '@facewright/core' {
  interface ReaderPlugins {
    folder: typeof folder;
    'aligned-folder': typeof alignedFolder;
  }
}

const LAYOUT = 'Expected one subfolder per person: <folder>/<person>/<photo>.jpg.';

function folderReader(root: string, context: PluginContext, aligned: boolean): Reader {
  return {
    async *identities() {
      const top = await list(root);
      const without: string[] = [];
      const passedOver = new Map(top.others);
      // photos may be one level too deep everywhere (a data set's `train` and `test`): held back until one person
      // confirms the layout
      let heldBack: Entry[] | undefined = [];
      let inner = '';
      let found = 0;
      const identityOf = ({ name }: Entry, photos: readonly Entry[]): Identity => ({
        name,
        photos: photos.map((photo) => photoOf(photo.name, name, photo.path, aligned ? { aligned } : {})),
      });
      for (const person of top.folders) {
        throwIfAborted(context.signal, root);
        const { photos, direct } = await photosBelow(person, person.name, passedOver);
        if (photos.length === 0) {
          without.push(person.name);
          continue;
        }
        found++;
        if (heldBack && !direct) {
          heldBack.push(person);
          inner ||= photos[0].name.split('/').slice(0, -2).join('/');
          continue;
        }
        // listed again, because the photos of many people take much memory
        for (const earlier of heldBack ?? [])
          yield identityOf(earlier, (await photosBelow(earlier, earlier.name, new Map())).photos);
        heldBack = undefined;
        yield identityOf(person, photos);
      }
      if (found === 0) throw nothingFound(root, { ...top, others: passedOver });
      if (heldBack) {
        throw new FacewrightError({
          what: 'The photos are one level too deep: the subfolders contain only folders with photos, no photos of their own.',
          where: root,
          todo: `${LAYOUT} Give the path of the folder with the people, e.g. "${join(root, inner)}".`,
        });
      }
      reportLeftOut(context, root, { ...top, without, passedOver });
    },
  };
}

/**
 * All photos below a folder, with names as ids; `direct` says whether some are directly in it. Collects the extensions
 * of other files.
 */
async function photosBelow(
  folder: Entry,
  id: string,
  passedOver: Map<string, number>,
): Promise<{ photos: Entry[]; direct: boolean }> {
  const { folders, photos, others } = await list(folder.path, false);
  for (const [ending, count] of others) passedOver.set(ending, (passedOver.get(ending) ?? 0) + count);
  const found = photos.map(({ name, path }) => ({ name: `${id}/${name}`, path }));
  for (const inner of folders) {
    const below = await photosBelow(inner, `${id}/${inner.name}`, passedOver);
    for (const photo of below.photos) found.push(photo);
  }
  return { photos: found, direct: photos.length > 0 };
}

/** Files with photos in them, which are data by themselves. */
const ARCHIVES = ['.zip', '.tar', '.rec', '.bin'];

function nothingFound(root: string, { folders, photos, others }: Listing): FacewrightError {
  if (photos.length > 0) {
    const which = photos.length === 1 ? 'one photo' : `${photos.length} photos`;
    return new FacewrightError({
      what: `The folder has ${which} directly in it, but no subfolders with photos of a person.`,
      where: root,
      todo: `${LAYOUT} Put each person's photos in a folder of their own. If you only want to align the photos, use the reader "flat-folder", which treats each photo as a separate person.`,
    });
  }
  if (folders.length > 0)
    return new FacewrightError({
      what: `The folder has ${countOf(folders.length, 'subfolder')}, but no photos in any of them${others.size ? `, only other files: ${endingsText(others)}` : ''}.`,
      where: root,
      todo: `${LAYOUT} Photos are files that end in .jpg, .png, .webp, .bmp, .gif, .tif, .avif or .heic.`,
    });
  if (!others.size) return new FacewrightError({ what: 'The folder is empty.', where: root, todo: LAYOUT });
  const archive = ARCHIVES.find((ending) => others.has(ending));
  return new FacewrightError({
    what: `There are no photos in the folder, only other files: ${endingsText(others)}.`,
    where: root,
    todo: archive ? `${LAYOUT} Or give the path of the ${archive} file itself.` : LAYOUT,
  });
}

function reportLeftOut(
  { emit }: PluginContext,
  root: string,
  {
    folders,
    photos,
    without,
    passedOver,
    twice,
  }: Listing & { without: readonly string[]; passedOver: Listing['others'] },
): void {
  const loose = photos.map(({ name }) => name);
  const few = (names: readonly string[]): string => names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');
  if (loose.length > 0)
    emit('notice', {
      level: 'warning',
      message: `Skipped photos that are directly in ${root} instead of in a person's folder: ${few(loose)} (${loose.length}).`,
      todo: LAYOUT,
    });
  if (without.length > 0)
    emit('notice', {
      level: 'warning',
      message: `Folders in ${root} without photos: ${few(without)} (${without.length}).`,
    });
  if (twice.length > 0)
    emit('notice', {
      level: 'warning',
      message: `Skipped links to folders that have already been read: ${few(twice)} (${twice.length}).`,
    });
  const alike = sameToTheEye(folders.map(({ name }) => name));
  if (alike.length > 0)
    emit('notice', {
      level: 'warning',
      message: `Folders in ${root} with the same name, but for how its accents are written in Unicode, are different people: ${few(alike)} (${alike.length}).`,
      todo: 'Put the photos of one person into one folder.',
    });
  if (passedOver.size > 0)
    emit('notice', {
      level: 'info',
      message: `Skipped files in ${root} whose names are not those of photos: ${endingsText(passedOver)}.`,
    });
}

/** The names that occur again in another Unicode form, as after copying from macOS. */
function sameToTheEye(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name) => name.normalize()).filter((name) => seen.size === seen.add(name).size);
}

const endingsText = (endings: ReadonlyMap<string, number>): string =>
  [...endings]
    .sort(([a, countA], [b, countB]) => countB - countA || byCodeUnit(a, b))
    .map(([ending, count]) => `${ending || 'no extension'} (${count})`)
    .join(', ');
