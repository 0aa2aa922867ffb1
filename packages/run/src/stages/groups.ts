/** Groups of images or people out of a file, and an evaluation's figures by group. */
import { FacewrightError, type GroupFigures } from '@facewright/core';
import { lineBlocks } from '@facewright/platform/node';
import { fieldsOf } from '@facewright/datasets';
import { groupFigures, type GroupedPair } from '@facewright/training';
import type { Evaluation } from './evaluate.js';
import type { PairSet, Subject } from './pair-sets.js';

/** Lines "image,group" or "person,group", separated by commas, tabs or blanks; a first line that names the columns is passed over. */
export async function readGroups(path: string): Promise<ReadonlyMap<string, string>> {
  const groups = new Map<string, string>();
  for await (const { lines, first } of lineBlocks(path)) {
    for (const [index, line] of lines.entries()) {
      const fields = fieldsOf(line).map(unquoted);
      if (!fields.length) continue;
      const where = `${path}, line ${first + index}`;
      if (fields.length !== 2)
        throw new FacewrightError({
          what: `Expected two fields, an image or a person and its group; found ${fields.length}.`,
          where,
          todo: 'Separate them with a comma or a tab, and put no other columns in the file.',
        });
      const [name, group] = fields;
      if (!groups.size && /^group$/i.test(group)) continue;
      const known = groups.get(name);
      if (known !== undefined && known !== group)
        throw new FacewrightError({ what: `"${name}" is in two groups, "${known}" and "${group}".`, where });
      groups.set(name, group);
    }
  }
  if (groups.size) return groups;
  throw new FacewrightError({
    what: 'The file names no groups.',
    where: path,
    todo: 'Write lines "image,group" or "person,group".',
  });
}

const unquoted = (field: string): string => (/^".*"$/.test(field) ? field.slice(1, -1).replaceAll('""', '"') : field);

/** At the threshold of the whole evaluation. Throws a `FacewrightError` where no pair has both sides in one group. */
export function figuresByGroup<Key>(
  { subjects, a, b, same }: PairSet<Key>,
  { compared, verification }: Evaluation<Key>,
  groups: ReadonlyMap<string, string>,
): GroupFigures | undefined {
  if (!verification) return undefined;
  const groupOf = ({ name, person }: Subject<Key>): string | undefined =>
    groups.get(name) ?? (person === undefined ? undefined : groups.get(person));
  const own = subjects.map(groupOf);
  const pairs = Array.from(compared.pairs, (pair, at): GroupedPair => ({
    score: compared.scores[at],
    same: Boolean(same[pair]),
    groups: [own[a[pair]], own[b[pair]]],
  }));
  return groupFigures(pairs, verification.threshold);
}
