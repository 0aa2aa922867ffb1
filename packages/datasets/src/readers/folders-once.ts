/** A folder of a person with a link next to it, or linked twice, is one person. */
import type { FilePath } from '@facewright/platform/node';
import { realpath } from 'node:fs/promises';

export interface FolderEntry {
  /** As text. */
  readonly name: string;
  readonly path: FilePath;
}

export interface FoldersOnce<Entry> {
  /** Each folder once, under its own name if it is among them. */
  readonly folders: readonly Entry[];
  /** Links to a folder that has a name already. */
  readonly repeated: readonly { readonly name: string; readonly sameAs: string }[];
}

/** `own` are folders, `linked` links to folders; a link that leads nowhere is a folder by itself. */
export async function foldersOnce<Entry extends FolderEntry>(
  own: readonly Entry[],
  linked: readonly Entry[],
): Promise<FoldersOnce<Entry>> {
  if (linked.length === 0) return { folders: own, repeated: [] };
  const folders: Entry[] = [];
  const repeated: { name: string; sameAs: string }[] = [];
  const nameOf = new Map<string, string>();
  for (const entry of [...own, ...linked]) {
    const target = await targetOf(entry.path);
    const sameAs = nameOf.get(target);
    if (sameAs !== undefined) repeated.push({ name: entry.name, sameAs });
    else {
      folders.push(entry);
      nameOf.set(target, entry.name);
    }
  }
  return { folders, repeated };
}

/** Latin-1 keeps apart all names, whatever their bytes. */
async function targetOf(path: FilePath): Promise<string> {
  const target: FilePath = await realpath(path, 'buffer').catch(() => path);
  return typeof target === 'string' ? target : target.toString('latin1');
}
