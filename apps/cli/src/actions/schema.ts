/** Implements `facewright schema`: the JSON schema of a config, for editors. */
import { resolve } from 'node:path';
import { parseRunConfig } from '@facewright/core';
import { writeFileAtomic } from '@facewright/platform/node';
import { openLibrary } from '@facewright/run';
import { builtins } from '../builtins.js';
import { configOf } from '../config-of.js';
import { configSchema } from '../config-schema.js';
import { withSession } from '../session.js';
import type { CommonOptions } from '../options.js';

export interface SchemaOptions extends CommonOptions {
  readonly out?: string;
}

export default ({ config, out }: SchemaOptions) =>
  withSession({}, async ({ print }) => {
    const { given, baseDirectory, where } = await configOf({ config });
    const names = parseRunConfig({ plugins: given.plugins }, where).plugins;
    const { known } = await openLibrary(names, { builtins, baseDirectory, where });
    const schema = configSchema(known);
    const text = JSON.stringify(schema, null, 2);
    if (out === undefined) print(text);
    else {
      await writeFileAtomic(resolve(out), `${text}\n`);
      print(resolve(out));
    }
    return { json: schema };
  });
