/** Extracts the needed files from a wheel, which is a zip file. */
import { FacewrightError, throwIfAborted } from '@facewright/core';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';

/** Throws a `FacewrightError` if the file is not the pinned one. */
export async function verifySha256(path: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const found = hash.digest('hex');
  if (found !== expected)
    throw new FacewrightError({
      what: `The wheel's SHA-256 is ${found}, not ${expected}.`,
      where: path,
      todo: 'Do not use it. Check where pip downloads from.',
    });
}

/** Writes the selected files below `directory` and returns their number and total size in bytes. */
export async function unpack(
  wheel: string,
  directory: string,
  wanted: (path: string) => boolean,
  signal?: AbortSignal,
): Promise<{ files: number; bytes: number }> {
  const zip = await openPromise(wheel);
  let files = 0;
  let bytes = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      throwIfAborted(signal, 'unpacking a wheel');
      const path = entry.fileName;
      if (path.endsWith('/') || !wanted(path)) continue;
      if (normalize(path).startsWith('..'))
        throw new FacewrightError({ what: `The wheel contains a path outside itself: ${path}.`, where: wheel });
      const target = join(directory, path);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target), { signal });
      if (path.includes('/bin/')) await chmod(target, 0o755);
      files++;
      bytes += entry.uncompressedSize;
    }
  } finally {
    zip.close();
  }
  return { files, bytes };
}
