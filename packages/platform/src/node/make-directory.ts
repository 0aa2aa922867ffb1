/** Creates a directory with all that are missing above it. */
import { access, constants, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Throws Node's system error. */
export async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch(async (error: NodeJS.ErrnoException) => {
    // on a read-only disk, Node says that the directory does not exist
    if (error.code === 'ENOENT') await requireWritable(dirname(resolve(path)));
    throw error;
  });
}

/** The directory, or the nearest one above it that exists. */
async function requireWritable(directory: string): Promise<void> {
  try {
    await access(directory, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || dirname(directory) === directory) throw error;
    await requireWritable(dirname(directory));
  }
}
