/** Writes a line for every event of a run to a text file in the run directory. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { definePlugin, type Logger } from '@facewright/core';
import { z } from 'zod';
import { VERSION } from './version.js';

export const myPlugin = definePlugin({
  meta: { name: 'my-plugin', kind: 'logger', version: VERSION, apiVersion: 1, description: 'a line for every event' },
  options: z.strictObject({
    file: z
      .string()
      .regex(/^[\w.-]+$/)
      .default('my-plugin.log')
      .describe("the file's name in the run's directory"),
  }),
  create: ({ file }): Logger => ({
    open(directory) {
      let open: number | undefined = openSync(join(directory, file), 'a'); // a resumed run continues in the same file
      return {
        // Change first: what to write for each event. Ignore unknown types, because later versions add new ones.
        reader(event) {
          if (open !== undefined) writeSync(open, `${new Date(event.at).toISOString()} ${event.type}\n`);
        },
        close() {
          if (open !== undefined) closeSync(open);
          open = undefined;
        },
      };
    },
  }),
});
export default myPlugin;
