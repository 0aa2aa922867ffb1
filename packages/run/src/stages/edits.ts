/** The edits named in the config: photos to leave out and people to merge in the run's data. */
import { resolve } from 'node:path';
import { countOf, FacewrightError, messageOf, type Dataset, type Emit } from '@facewright/core';
import { readFile } from '@facewright/platform';
import { editDataset, parseEdits, type Edits, type OnUnmatched } from '@facewright/quality';
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

const LISTED = 3;

/** Warns once of names in the edits that the data do not have: they may be misspelt, or the photos renamed since. */
export function warnOfUnmatched(emit: Emit, where: string): OnUnmatched {
  let told = false;
  return ({ photos, people }) => {
    if (told) return;
    told = true;
    const names = [...people, ...photos];
    const counts = [
      ...(people.length ? [countOf(people.length, 'person')] : []),
      ...(photos.length ? [countOf(photos.length, 'photo')] : []),
    ];
    const listed = names.slice(0, LISTED).map((name) => `"${name}"`);
    emit('notice', {
      level: 'warning',
      message: `The edits in ${where} name ${counts.join(' and ')} that the data do not have: ${listed.join(', ')}${names.length > LISTED ? ', …' : ''}.`,
      todo: 'Check the names. If files were renamed or moved since, run "facewright clean" again.',
    });
  };
}

/**
 * A prepared dataset with the edits applied. Photos that the preparation left out may be named in them, so a warning is
 * given only if nothing changes.
 */
export function editedDataset(dataset: Dataset, edits: Edits, emit: Emit, where: string): Dataset {
  const edited = editDataset(dataset, edits);
  const unchanged = edited.length === dataset.length && edited.identities.join('\0') === dataset.identities.join('\0');
  if (unchanged && (edits.drop.length || edits.dropPeople.length || edits.merge.length))
    emit('notice', {
      level: 'warning',
      message: `The edits in ${where} change nothing: no photo or person that they name is in ${dataset.directory}.`,
      todo: 'Check that they were made for this data, unless it was prepared with them.',
    });
  return edited;
}
