/** The people of a gallery that is a folder: each has a folder of photos in it, which may be a link. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { byCodeUnit, foldersOnce, type FoldersOnce } from '@facewright/datasets';

export interface GalleryFolders {
  /** Names, sorted. */
  readonly people: readonly string[];
  /** Links to a folder that has a name already: the same person twice would be taken for two. */
  readonly repeated: FoldersOnce<never>['repeated'];
}

export async function galleryFolders(gallery: string): Promise<GalleryFolders> {
  const entries = await readdir(gallery, { withFileTypes: true });
  const found = entries
    .filter((entry) => !entry.isFile() && !entry.name.startsWith('.'))
    .sort((a, b) => byCodeUnit(a.name, b.name))
    .map((entry) => ({ name: entry.name, path: join(gallery, entry.name), isLink: entry.isSymbolicLink() }));
  const { folders, repeated } = await foldersOnce(
    found.filter(({ isLink }) => !isLink),
    found.filter(({ isLink }) => isLink),
  );
  return { people: folders.map(({ name }) => name).sort(byCodeUnit), repeated };
}
