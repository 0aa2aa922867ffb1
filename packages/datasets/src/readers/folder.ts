/**
 * A folder of one subfolder a person: `<path>/<person>/<photo>.jpg`. Photos in folders below a person's are that person's too. Hidden files
 * and folders are left out, and so are files without an image's ending; a file that only bears the name of an image stays listed, so that
 * the preparation counts it and says why it was left out.
 */
import {
  definePlugin,
  FacewrightError,
  throwIfAborted,
  type Identity,
  type PluginContext,
  type Reader,
} from '@facewright/core';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { list, photoOf, type Listing } from './photo-files.js';

const options = z.strictObject({ path: z.string().min(1).describe('the folder that holds one subfolder a person') });

export const folder = definePlugin({
  meta: {
    name: 'folder',
    kind: 'reader',
    version: '0.1.0',
    apiVersion: 1,
    description: 'A folder of one subfolder a person',
  },
  options,
  create: ({ path }, context) => folderReader(resolve(context.baseDirectory, path), context, false),
});

export const alignedFolder = definePlugin({
  meta: {
    name: 'aligned-folder',
    kind: 'reader',
    version: '0.1.0',
    apiVersion: 1,
    description: 'A folder of one subfolder a person, of crops that are aligned already',
  },
  options,
  create: ({ path }, context) => folderReader(resolve(context.baseDirectory, path), context, true),
});

const LAYOUT = 'Expected is one subfolder a person: <folder>/<person>/<photo>.jpg.';

function folderReader(root: string, context: PluginContext, aligned: boolean): Reader {
  return {
    async *identities() {
      const top = await list(root);
      const without: string[] = [];
      // photos may lie a level too deep everywhere (a data set's `train` and `test`): held back until one person proves the layout
      let heldBack: Identity[] | undefined = [];
      let found = 0;
      for (const person of top.folders) {
        throwIfAborted(context.signal, root);
        const { paths, direct } = await photosBelow(root, person);
        if (paths.length === 0) {
          without.push(person);
          continue;
        }
        found++;
        const identity = {
          name: person,
          photos: paths.map((id) => photoOf(id, person, join(root, id), aligned ? { aligned } : {})),
        };
        if (heldBack && !direct) {
          heldBack.push(identity);
          continue;
        }
        if (heldBack) yield* heldBack;
        heldBack = undefined;
        yield identity;
      }
      if (found === 0) throw nothingFound(root, top);
      if (heldBack) {
        const inner = heldBack[0].photos[0].id.split('/').slice(0, -2).join('/');
        throw new FacewrightError({
          what: 'The photos lie a level too deep: no subfolder holds photos itself, only folders below do.',
          where: root,
          todo: `${LAYOUT} Name the folder that holds the people, e.g. "${join(root, inner)}".`,
        });
      }
      reportLeftOut(context, root, top.photos, without);
    },
  };
}

/** Ids of all photos below a folder; `direct` says whether some lie in it and not deeper. */
async function photosBelow(root: string, id: string): Promise<{ paths: string[]; direct: boolean }> {
  const { folders, photos } = await list(join(root, id), false);
  const paths = photos.map((name) => `${id}/${name}`);
  for (const name of folders) paths.push(...(await photosBelow(root, `${id}/${name}`)).paths);
  return { paths, direct: photos.length > 0 };
}

function nothingFound(root: string, { folders, photos }: Listing): FacewrightError {
  if (photos.length > 0) {
    const which = photos.length === 1 ? 'one photo' : `${photos.length} photos`;
    return new FacewrightError({
      what: `The folder holds ${which} directly and no person's folder with photos.`,
      where: root,
      todo: `${LAYOUT} Put each person's photos into a folder of their own. To align the photos alone, the reader "flat-folder" takes each as a person of its own.`,
    });
  }
  if (folders.length > 0)
    return new FacewrightError({
      what: `The folder has ${folders.length} subfolders, and no photo in any of them.`,
      where: root,
      todo: `${LAYOUT} Photos are files that end in .jpg, .png, .webp, .bmp, .gif, .tif, .avif or .heic.`,
    });
  return new FacewrightError({ what: 'The folder is empty.', where: root, todo: LAYOUT });
}

function reportLeftOut(
  { emit }: PluginContext,
  root: string,
  loose: readonly string[],
  without: readonly string[],
): void {
  const few = (names: readonly string[]): string => names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');
  if (loose.length > 0)
    emit('notice', {
      level: 'warning',
      message: `Left out, because they lie directly in ${root} and belong to nobody: ${few(loose)} (${loose.length}).`,
      todo: LAYOUT,
    });
  if (without.length > 0)
    emit('notice', {
      level: 'warning',
      message: `Folders in ${root} without a photo: ${few(without)} (${without.length}).`,
    });
}
