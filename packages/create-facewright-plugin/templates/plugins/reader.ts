/** Reads a list of photos: a text file with a person's name, a tab and a photo path on each line. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { definePlugin, type Photo, type Reader } from '@facewright/core';
import { z } from 'zod';
import { VERSION } from './version.js';

export const myPlugin = definePlugin({
  meta: { name: 'my-plugin', kind: 'reader', version: VERSION, apiVersion: 1, description: 'photos from a list' },
  // Change first: what your reader needs to know.
  options: z.strictObject({
    path: z.string().min(1).describe('the list: a name, a tab and a path on each line'),
  }),
  create: ({ path }, { baseDirectory }): Reader => ({
    // Then this: identities in the same order every time, each with all its photos. `bytes` is called when a photo is
    // needed.
    async *identities() {
      const list = resolve(baseDirectory, path);
      const people = new Map<string, Photo[]>();
      for (const line of (await readFile(list, 'utf8')).split('\n').filter(Boolean)) {
        const [identity, file] = line.split('\t');
        const photos = people.get(identity) ?? [];
        photos.push({ id: file, identity, bytes: async () => readFile(resolve(dirname(list), file)) });
        people.set(identity, photos);
      }
      for (const [name, photos] of people) yield { name, photos };
    },
  }),
});
export default myPlugin;
