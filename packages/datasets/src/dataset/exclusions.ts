/** The photos that a dataset leaves out: a file of lines beside it, or in `dataset.json` where an earlier version wrote it. */
import { FacewrightError, type Exclusion } from '@facewright/core';
import { lineBlocks } from '@facewright/platform/node';
import { join } from 'node:path';
import { EXCLUDED_FILE, exclusionSchema, type DatasetFile } from './dataset-file.js';

export async function* readExclusions(directory: string, { files, summary }: DatasetFile): AsyncGenerator<Exclusion> {
  yield* summary.exclusions ?? [];
  if (!files.some(({ name }) => name === EXCLUDED_FILE)) return;
  const where = join(directory, EXCLUDED_FILE);
  for await (const { lines, first } of lineBlocks(where))
    for (const [index, line] of lines.entries()) yield exclusionAt(line, `${where}, line ${first + index}`);
}

function exclusionAt(line: string, where: string): Exclusion {
  try {
    return exclusionSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new FacewrightError({
      what: "The dataset's list of excluded photos is damaged.",
      where,
      todo: 'Copy the dataset again. Training does not need the list.',
      cause,
    });
  }
}
