/**
 * Writes one folder per person, and `landmarks.txt`, a list in Trillion Pairs format, if images come with landmarks.
 */
import { landmarkPoints } from '@facewright/core';
import { createWholeDirectory } from '@facewright/platform/node';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { imageEnding, imagePaths } from './names.js';
import { numbering, type SetWriter } from './set-writer.js';

/** `directory` must be new or empty. */
export async function createFolderWriter(directory: string): Promise<SetWriter> {
  const place = await createWholeDirectory(directory, { kind: 'folder of people' });
  const pathOf = imagePaths();
  const labels = numbering();
  const list: string[] = [];
  return {
    add: async ({ bytes, landmarks, ...image }) => {
      const path = pathOf(image, imageEnding(bytes));
      const label = labels.of(image.identity);
      await mkdir(dirname(join(place.aside, path)), { recursive: true });
      await writeFile(join(place.aside, path), bytes, { flag: 'wx' });
      if (landmarks) list.push(`${path} ${label} ${landmarkPoints(landmarks).flat().join(' ')}\n`);
    },
    finish: async () => {
      if (list.length > 0) await writeFile(join(place.aside, 'landmarks.txt'), list.join(''));
      await place.publish();
    },
    abort: () => place.discard(),
  };
}
