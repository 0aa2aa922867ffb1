/**
 * Pairs in folds that share no person, like LFW's: the threshold of a fold is never chosen on people it is measured on.
 */
import { FacewrightError, permutation, type Dataset, type Random } from '@facewright/core';
import { drawPairs, type Pair } from './held-out.js';

/**
 * About `count` pairs of unaugmented images, half same and half different, no pair twice. People are distributed over
 * the folds by their number of photos; both people of a different pair are in the same fold. There are fewer than
 * `folds` folds if there are too few people (a fold needs two, one of them with two photos), and fewer pairs if there
 * are too few photos. Throws a `FacewrightError` if there are too few people for two folds.
 */
export function drawFoldedPairs(
  dataset: Pick<Dataset, 'samples' | 'identities'>,
  count: number,
  random: Random,
  folds = 10,
): Pair[] {
  const sources = new Map(dataset.identities.map((name) => [name, new Set<string>()]));
  for (const { identity, source, kind } of dataset.samples) if (kind === 'original') sources.get(identity)?.add(source);
  const photosOf = (name: string): number => sources.get(name)!.size;
  const drawn = permutation(dataset.identities.length, random.fork('folds')).map((index) => dataset.identities[index]);
  const people = drawn.filter((name) => photosOf(name) > 0).sort((a, b) => photosOf(b) - photosOf(a));
  const several = people.filter((name) => photosOf(name) > 1).length;
  const number = Math.min(folds, several, Math.floor(people.length / 2));
  if (number < 2) {
    throw new FacewrightError({
      what: `Pairs need at least 4 people, 2 of them with at least 2 photos; found ${people.length}, ${several} of them with 2 photos.`,
      todo: 'Add photos of more people, or more photos per person.',
    });
  }
  const groups = Array.from({ length: number }, (): string[] => []);
  // back and forth, so that no fold always gets the person with more photos
  people.forEach((name, index) => {
    const place = index % (2 * number);
    groups[place < number ? place : 2 * number - 1 - place].push(name);
  });
  const each = 2 * Math.max(1, Math.floor(count / number / 2));
  return groups.flatMap((names, fold) =>
    drawPairs(dataset, names, each, random.fork('fold', fold), 1).map((pair) => ({ ...pair, fold })),
  );
}
