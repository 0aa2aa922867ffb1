/**
 * A folder that holds photos and no people's folders: nothing says whose they are, so each is a person of its own. That is enough to align them and
 * to look at them, and nothing to train on.
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
    description: 'A folder of photos, each taken as a person of its own',
  },
  options: z.strictObject({
    path: z.string().min(1).describe('the folder that holds the photos'),
    aligned: z.boolean().default(false).describe('the images are aligned crops'),
  }),
  create({ path, aligned }, { baseDirectory, emit }): Reader {
    const root = resolve(baseDirectory, path);
    let told = false; // a preparation reads twice
    return {
      async *identities() {
        const { folders, photos } = await list(root);
        if (photos.length === 0)
          throw new FacewrightError({
            what: 'The folder holds no photo.',
            where: root,
            todo: 'Photos are files that end in .jpg, .png, .webp, .bmp, .gif, .tif, .avif or .heic; a folder of people is read by the reader "folder".',
          });
        if (!told) {
          const beside = folders.length > 0 ? ` Folders beside them are passed over (${folders.length}).` : '';
          emit('notice', {
            level: 'warning',
            message: `The photos that lie directly in ${root} (${photos.length}) bear nobody's name: each is taken as a person of its own, named as its file. That is enough to align them, and nothing to train on.${beside}`,
            todo: "To train, put each person's photos into a folder of their own and name the folder that holds those.",
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

/** The files' names without their endings, where no two are then the same. */
function namesOf(files: readonly string[]): readonly string[] {
  const stems = files.map((name) => name.slice(0, name.lastIndexOf('.')));
  return new Set(stems).size === files.length && stems.every((stem) => stem !== '') ? stems : files;
}
