/** Files that appear whole or not at all: written aside, flushed to disk, renamed. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where a file is written before it gets its name; left-overs of a kill are recognised by the ending `.partial`. */
export const partialPath = (path: string): string => `${path}.${randomBytes(4).toString('hex')}.partial`;

export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const aside = partialPath(path);
  try {
    const file = await open(aside, 'wx');
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await publish(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** Renames a finished file or directory into place and flushes its parent, so that the name survives a power cut. */
export async function publish(aside: string, path: string): Promise<void> {
  await rename(aside, path);
  const parent = await open(dirname(path), 'r').catch(() => undefined); // Windows cannot open a directory
  await parent?.sync().catch(() => undefined);
  await parent?.close();
}
