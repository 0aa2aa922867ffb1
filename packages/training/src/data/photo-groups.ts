/** The images of each photo: an original and its augmented copies. */
import type { SampleColumns } from '@facewright/core';

/**
 * Images grouped by photo: those of `photo` are `images[starts[photo]]` … `images[starts[photo + 1] − 1]`, in order.
 */
export interface PhotoGroups {
  readonly starts: Uint32Array;
  readonly images: Uint32Array;
}

/** Only the images that `keep` selects. */
export function groupByPhoto(
  { photos, photoCount }: Pick<SampleColumns, 'photos' | 'photoCount'>,
  keep: (index: number) => boolean,
): PhotoGroups {
  const starts = new Uint32Array(photoCount + 1);
  for (let index = 0; index < photos.length; index++) if (keep(index)) starts[photos[index] + 1]++;
  for (let photo = 0; photo < photoCount; photo++) starts[photo + 1] += starts[photo];
  const images = new Uint32Array(starts[photoCount]);
  // each start moves to its group's end while the group is filled, and back by one position afterwards
  for (let index = 0; index < photos.length; index++) if (keep(index)) images[starts[photos[index]]++] = index;
  starts.copyWithin(1, 0, photoCount);
  starts[0] = 0;
  return { starts, images };
}

/** How many photos each person is in. A photo listed under two people counts for both. */
export function photosOfPeople(
  { starts, images }: PhotoGroups,
  labels: Uint32Array,
  people: number,
): Uint32Array<ArrayBuffer> {
  const counts = new Uint32Array(people);
  // without `peopleOfPhoto`, whose list for each of millions of photos would take longer than all else
  for (let photo = 0; photo + 1 < starts.length; photo++)
    for (let at = starts[photo]; at < starts[photo + 1]; at++)
      if (isFirst(images, starts[photo], at, labels)) counts[labels[images[at]]]++;
  return counts;
}

/** Whether no image of the group before this one shows the same person. */
function isFirst(images: Uint32Array, start: number, at: number, labels: Uint32Array): boolean {
  const label = labels[images[at]];
  for (let before = at - 1; before >= start; before--) if (labels[images[before]] === label) return false;
  return true;
}

/** Labels of the people a photo is listed under, usually one. */
export function peopleOfPhoto({ starts, images }: PhotoGroups, photo: number, labels: Uint32Array): number[] {
  const people: number[] = [];
  for (let at = starts[photo]; at < starts[photo + 1]; at++) {
    const label = labels[images[at]];
    if (!people.includes(label)) people.push(label);
  }
  return people;
}
