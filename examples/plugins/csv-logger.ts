/** Writes the loss and the accuracy of every step into a CSV file in the run's directory. */
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { definePlugin, type Logger } from '@facewright/core';
import { z } from 'zod';

export default definePlugin({
  meta: { kind: 'logger', name: 'csv', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({
    file: z
      .string()
      .regex(/^[\w-]+\.csv$/)
      .default('steps.csv')
      .describe("the file's name"),
  }),
  create: ({ file }): Logger => ({
    open(directory) {
      const path = join(directory, file);
      const isNew = !existsSync(path);
      let open: number | undefined = openSync(path, 'a'); // a resumed run continues the file
      if (isNew) writeSync(open, 'step,loss,accuracy\n');
      return {
        // events of types that you do not know are none of your business: later versions have more
        reader(event) {
          if (open !== undefined && event.type === 'train.step')
            writeSync(open, `${event.step},${event.loss},${event.accuracy}\n`);
        },
        close() {
          if (open !== undefined) closeSync(open);
          open = undefined;
        },
      };
    },
  }),
});
