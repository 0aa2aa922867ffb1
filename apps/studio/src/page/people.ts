/** A folder of people as the user gives it: one subfolder a person. */
import { FacewrightError } from '@facewright/core';
import type { GivenFile } from './files.js';
import type { PhotoFile } from './workers/run.js';

const PHOTO = /\.(jpe?g|png|webp|gif|bmp|avif)$/i;

/** The photos by the folder they lie in; files that are no photos are passed over. Throws a `FacewrightError` where that gives fewer than two people. */
export function peopleOf(files: readonly GivenFile[]): PhotoFile[] {
  const photos = files.flatMap(({ path, file }): PhotoFile[] => {
    const parts = path.split('/');
    if (!PHOTO.test(path) || parts.length < 2 || parts.some((part) => part.startsWith('.'))) return [];
    return [{ id: path, identity: parts[parts.length - 2], blob: file }];
  });
  const people = new Set(photos.map(({ identity }) => identity));
  if (people.size >= 2) return photos;
  throw new FacewrightError({
    what: photos.length
      ? `All ${photos.length} photos lie in one folder, so they count as one person.`
      : `None of the ${files.length} files is a photo in a folder.`,
    todo: 'Give a folder that has one subfolder of photos for each person.',
  });
}
