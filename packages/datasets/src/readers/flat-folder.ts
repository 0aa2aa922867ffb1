/**
 * A folder of photos without subfolders per person. Nothing says who is who, so each photo counts as a separate person. That is enough to align
 * and inspect the photos, but not to train on them.
 */
import { definePlugin, FacewrightError, type Reader } from '@facewright/core';
import { NameColumn, type FilePath } from '@facewright/platform/node';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { entriesIn, isPhotoName, photoOf } from './photo-files.js';
import { TextSet } from './text-set.js';
import { VERSION } from '../version.js';

export const flatFolder = definePlugin({
  meta: {
    name: 'flat-folder',
    kind: 'reader',
    version: VERSION,
    apiVersion: 1,
    description: 'A folder of photos, each treated as a separate person',
  },
  options: z.strictObject({
    path: z.string().min(1).describe('the folder with the photos'),
    aligned: z.boolean().default(false).describe('the images are already aligned crops'),
  }),
  create({ path, aligned }, { baseDirectory, emit }): Reader {
    const root = resolve(baseDirectory, path);
    let told = false; // a preparation reads twice
    return {
      async *identities() {
        const { names, order, bytes, folders } = await photosIn(root);
        if (names.length === 0)
          throw new FacewrightError({
            what: 'The folder has no photos.',
            where: root,
            todo: 'Photos are files that end in .jpg, .png, .webp, .bmp, .gif, .tif, .avif or .heic. For a folder with one subfolder per person, use the reader "folder".',
          });
        if (!told) {
          const beside = folders > 0 ? ` Skipped the folders next to them (${folders}).` : '';
          emit('notice', {
            level: 'warning',
            message: `Nothing says who is in the ${names.length} photos directly in ${root}, so each is treated as a separate person named after its file. That is enough to align them, but not to train on them.${beside}`,
            todo: "To train, put each person's photos in a folder of their own and give the path of the folder around those.",
          });
          told = true;
        }
        const byStem = stemsDiffer(names);
        for (const number of order) {
          const id = names.at(number);
          const name = byStem ? stemOf(id) : id;
          const file = bytes.get(number) ?? join(root, id);
          yield { name, photos: [photoOf(id, name, file, aligned ? { aligned } : {})] };
        }
      },
    };
  },
});

declare module '@facewright/core' {
  interface ReaderPlugins {
    'flat-folder': typeof flatFolder;
  }
}

interface Photos {
  readonly names: NameColumn;
  /** Numbers of the names, sorted. */
  readonly order: Uint32Array;
  /** Paths of the files whose names are not UTF-8, by number. */
  readonly bytes: ReadonlyMap<number, FilePath>;
  /** How many folders are next to them. */
  readonly folders: number;
}

/** Reads the folder entry by entry and keeps only names: it may have millions of photos. */
async function photosIn(root: string): Promise<Photos> {
  const names = new NameColumn();
  const bytes = new Map<number, FilePath>();
  let folders = 0;
  for await (const { name, path, folder } of entriesIn(root)) {
    if (folder) folders++;
    else if (isPhotoName(name)) {
      if (typeof path !== 'string') bytes.set(names.length, path);
      names.push(name);
    }
  }
  const order = names.sorted(Uint32Array.from({ length: names.length }, (_, number) => number));
  return { names, order, bytes, folders };
}

const stemOf = (name: string): string => name.slice(0, name.lastIndexOf('.'));

/** Whether the files' names differ without their extensions too. */
function stemsDiffer(names: NameColumn): boolean {
  const seen = new TextSet();
  for (let number = 0; number < names.length; number++) {
    const stem = stemOf(names.at(number));
    if (stem === '' || !seen.add(stem)) return false;
  }
  return true;
}
