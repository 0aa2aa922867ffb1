/** Where downloads for engines are stored, and how large they are. */
import envPaths from 'env-paths';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export const defaultCacheDirectory = (): string =>
  process.env.FACEWRIGHT_CACHE || envPaths('facewright', { suffix: '' }).cache;

/** Total size in bytes of all files in the directory. */
export async function directorySize(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    files.filter((file) => file.isFile()).map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6).toLocaleString('en-GB')} MB`;
