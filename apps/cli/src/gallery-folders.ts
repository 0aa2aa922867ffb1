/** The people of a gallery that is a folder: each has a folder of photos in it, which may be a link. */
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

export interface GalleryFolders {
  /** Names, sorted. */
  readonly people: readonly string[];
  /** Links to a folder that has a name already: the same person twice would be taken for two. */
  readonly repeated: readonly { readonly person: string; readonly sameAs: string }[];
}

export async function galleryFolders(gallery: string): Promise<GalleryFolders> {
  const entries = await readdir(gallery, { withFileTypes: true });
  const folders = entries.filter((entry) => !entry.isFile() && !entry.name.startsWith('.'));
  // a folder keeps its own name, whatever its links are called
  folders.sort((a, b) => Number(a.isSymbolicLink()) - Number(b.isSymbolicLink()) || (a.name < b.name ? -1 : 1));
  const known = new Map<string, string>();
  const repeated: { person: string; sameAs: string }[] = [];
  for (const { name } of folders) {
    const path = join(gallery, name);
    const target = await realpath(path).catch(() => path);
    const sameAs = known.get(target);
    if (sameAs === undefined) known.set(target, name);
    else repeated.push({ person: name, sameAs });
  }
  return { people: [...known.values()].sort(), repeated };
}
