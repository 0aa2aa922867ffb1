/** The images of each photo: an original and its augmented copies. */
import type { SampleColumns } from '@facewright/core';

/** Images grouped by photo: those of `photo` are `images[starts[photo]]` … `images[starts[photo + 1] − 1]`, in their order. */
export interface PhotoGroups {
  readonly starts: Uint32Array;
  readonly images: Uint32Array;
}

/** Of the images that `keep` says yes to. */
export function groupByPhoto(
  { photos, photoCount }: Pick<SampleColumns, 'photos' | 'photoCount'>,
  keep: (index: number) => boolean,
): PhotoGroups {
  const starts = new Uint32Array(photoCount + 1);
  for (let index = 0; index < photos.length; index++) if (keep(index)) starts[photos[index] + 1]++;
  for (let photo = 0; photo < photoCount; photo++) starts[photo + 1] += starts[photo];
  const images = new Uint32Array(starts[photoCount]);
  // each start walks to its group's end while the group is filled, and goes back by one place after that
  for (let index = 0; index < photos.length; index++) if (keep(index)) images[starts[photos[index]]++] = index;
  starts.copyWithin(1, 0, photoCount);
  starts[0] = 0;
  return { starts, images };
}

/** How many photos each person is in. A photo that is listed under two people counts for both. */
export function photosOfPeople(
  { starts, images }: PhotoGroups,
  labels: Uint32Array,
  people: number,
): Uint32Array<ArrayBuffer> {
  const counts = new Uint32Array(people);
  for (let photo = 0; photo + 1 < starts.length; photo++)
    for (const label of peopleOfPhoto({ starts, images }, photo, labels)) counts[label]++;
  return counts;
}

/** Labels of the people that a photo is listed under: one, in most cases. */
export function peopleOfPhoto({ starts, images }: PhotoGroups, photo: number, labels: Uint32Array): number[] {
  const people: number[] = [];
  for (let at = starts[photo]; at < starts[photo + 1]; at++) {
    const label = labels[images[at]];
    if (!people.includes(label)) people.push(label);
  }
  return people;
}
