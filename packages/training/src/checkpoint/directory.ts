/** A directory that appears whole or not at all, under the name of an older one if there is one. */
import { dirname, mkdir, partialPath, publish, rename, rm } from '@facewright/platform';

/** `fill` writes the files into the directory it is given; only then it gets its name, and an older directory of that name goes. */
export async function writeDirectory(path: string, fill: (aside: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const aside = partialPath(path);
  try {
    await mkdir(aside);
    await fill(aside);
    // a directory with files in it cannot be renamed over: the former one steps aside first
    const former = partialPath(path);
    const replaced = await rename(path, former).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    );
    try {
      await publish(aside, path);
    } catch (error) {
      if (replaced) await rename(former, path);
      throw error;
    }
    await rm(former, { recursive: true, force: true });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
