/**
 * Pairs in folds that share no person, like LFW's: the threshold of a fold is never chosen on people it is measured on.
 */
import { FacewrightError, originals, permutation, type Random, type SampleColumns } from '@facewright/core';
import { groupByPhoto, photosOfPeople } from '../data/photo-groups.js';
import { drawPairs, type Pair } from './held-out.js';

/**
 * About `count` pairs of unaugmented images, half same and half different, no pair twice. People are distributed over
 * the folds by their number of photos; both people of a different pair are in the same fold. There are fewer than
 * `folds` folds if there are too few people (a fold needs two, one of them with two photos), and fewer pairs if there
 * are too few photos. Throws a `FacewrightError` if there are too few people for two folds.
 */
export function drawFoldedPairs(dataset: SampleColumns, count: number, random: Random, folds = 10): Pair[] {
  const { identities } = dataset;
  const photos = photosOfPeople(groupByPhoto(dataset, originals(dataset)), dataset.labels, identities.length);
  const labels = [...permutation(identities.length, random.fork('folds'))].filter((label) => photos[label] > 0);
  const people = labels.sort((a, b) => photos[b] - photos[a]).map((label) => identities[label]);
  const several = labels.filter((label) => photos[label] > 1).length;
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
