/**
 * A folder of photos without subfolders per person. Nothing says who is who, so each photo counts as a separate person. That is enough to align
 * and inspect the photos, but not to train on them.
 */
import { definePlugin, FacewrightError, type Reader } from '@facewright/core';
import { resolve } from 'node:path';
import { z } from 'zod';
import { list, photoOf } from './photo-files.js';
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
        const { folders, photos } = await list(root);
        if (photos.length === 0)
          throw new FacewrightError({
            what: 'The folder has no photos.',
            where: root,
            todo: 'Photos are files that end in .jpg, .png, .webp, .bmp, .gif, .tif, .avif or .heic. For a folder with one subfolder per person, use the reader "folder".',
          });
        if (!told) {
          const beside = folders.length > 0 ? ` Skipped the folders next to them (${folders.length}).` : '';
          emit('notice', {
            level: 'warning',
            message: `Nothing says who is in the ${photos.length} photos directly in ${root}, so each is treated as a separate person named after its file. That is enough to align them, but not to train on them.${beside}`,
            todo: "To train, put each person's photos in a folder of their own and give the path of the folder around those.",
          });
          told = true;
        }
        const names = namesOf(photos.map(({ name }) => name));
        for (const [index, { name: id, path: file }] of photos.entries())
          yield { name: names[index], photos: [photoOf(id, names[index], file, aligned ? { aligned } : {})] };
      },
    };
  },
});

declare module '@facewright/core' {
  interface ReaderPlugins {
    'flat-folder': typeof flatFolder;
  }
}

/** The files' names without their extensions, unless two would then be the same. */
function namesOf(files: readonly string[]): readonly string[] {
  const stems = files.map((name) => name.slice(0, name.lastIndexOf('.')));
  return new Set(stems).size === files.length && stems.every((stem) => stem !== '') ? stems : files;
}
