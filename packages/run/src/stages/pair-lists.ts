/** The pairs of lists, in the form needed for evaluation. */
import { dealFolds, type PairsFile, type TemplateSet } from '@facewright/datasets';
import type { PairSet } from './pair-sets.js';

export function pairsOfFile({ pairs, folds }: PairsFile): PairSet<string> {
  const paths = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const indexes = new Map(paths.map((path, index) => [path, index]));
  const personOf = foldersArePeople(pairs) ? folderOf : () => undefined;
  return {
    subjects: paths.map((path) => ({ name: path, person: personOf(path), images: [path] })),
    a: Uint32Array.from(pairs, ({ a }) => indexes.get(a)!),
    b: Uint32Array.from(pairs, ({ b }) => indexes.get(b)!),
    same: pairs.map(({ same }) => same),
    // if the list has one fold: ten of them, each kind distributed over all
    fold: folds > 1 ? pairs.map(({ fold }) => fold) : dealFolds(pairs.map(({ same }) => same)).foldOf,
  };
}

export const pairsOfTemplates = ({ templates, ...pairs }: TemplateSet): PairSet<string> => ({
  ...pairs,
  subjects: templates.map(({ id, person, images }) => ({ name: id, person, images })),
});

const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/');

/** Whether the pairs are consistent with a folder being a person. */
const foldersArePeople = (pairs: PairsFile['pairs']): boolean =>
  pairs.every(({ a, b, same }) => folderOf(a) !== '' && folderOf(b) !== '' && (folderOf(a) === folderOf(b)) === same);
