/** A folder of people from the user, with one subfolder per person. */
import { FacewrightError } from '@facewright/core';
import type { GivenFile } from './files.js';
import type { PhotoFile } from './workers/run.js';

const PHOTO = /\.(jpe?g|png|webp|gif|bmp|avif)$/i;

/**
 * The photos by folder; files that are not photos are skipped. Throws a `FacewrightError` if there are fewer than two
 * people.
 */
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
      ? `All ${photos.length} photos are in one folder, so they count as one person.`
      : `None of the ${files.length} files is a photo in a folder.`,
    todo: 'Choose a folder with one subfolder of photos per person.',
  });
}
