/** The edits named in the config: photos to leave out and people to merge in the run's data. */
import { resolve } from 'node:path';
import { FacewrightError, messageOf } from '@facewright/core';
import { readFile } from '@facewright/platform';
import { parseEdits, type Edits } from '@facewright/quality';
import type { Composition } from '../composition/compose.js';

/** `undefined` if the config names none. */
export const editsOf = async ({ config, baseDirectory }: Composition): Promise<Edits | undefined> =>
  config.edits === undefined ? undefined : readEdits(resolve(baseDirectory, config.edits));

/** Throws a `FacewrightError` if the file is unreadable or contains something else. */
export async function readEdits(path: string): Promise<Edits> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new FacewrightError({
      what: `Cannot read the edits: ${messageOf(cause)}`,
      where: path,
      todo: 'Pass the clean.json written by "facewright clean".',
      cause,
    });
  });
  return parseEdits(text, path);
}
