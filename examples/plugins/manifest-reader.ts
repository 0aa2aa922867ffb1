/** Reads photos from a JSON file: `{ "Ada": ["ada/1.jpg", "ada/2.jpg"], "Ben": ["ben.png"] }`. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { definePlugin, FacewrightError, type Reader } from '@facewright/core';
import { z } from 'zod';

const people = z.record(z.string().min(1), z.array(z.string().min(1)));

export default definePlugin({
  meta: { kind: 'reader', name: 'manifest', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({ path: z.string().describe('the JSON file') }),
  create: ({ path }, { baseDirectory }): Reader => ({
    async *identities() {
      const file = resolve(baseDirectory, path); // relative to the config, not to the working directory
      const { success, data, error } = people.safeParse(JSON.parse(await readFile(file, 'utf8')));
      if (!success)
        throw new FacewrightError({ what: z.prettifyError(error), where: file, todo: 'Write { "name": ["photo"] }.' });
      for (const name of Object.keys(data).sort())
        yield {
          name,
          photos: data[name].map((id) => ({
            id,
            identity: name,
            bytes: async () => readFile(resolve(dirname(file), id)), // only read when the photo's turn comes
          })),
        };
    },
  }),
});
