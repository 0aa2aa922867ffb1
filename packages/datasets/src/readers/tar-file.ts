/** What lies in a tar file and where, so that a single file is read without unpacking the rest. */
import { FacewrightError, messageOf, throwIfAborted } from '@facewright/core';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { ImageError } from '@facewright/platform/node';
import { cannotOpen } from './photo-files.js';

export interface TarFile {
  readonly name: string;
  /** Of the file's own bytes in the tar file. */
  readonly offset: number;
  readonly size: number;
  /** Of small files that were asked for. */
  readonly content?: Buffer;
}

const HEADER = 512;

/** Regular files in their order; with the content of those for which `wanted` says so. */
export async function* tarFiles(
  path: string,
  wanted: (name: string, size: number) => boolean,
  signal?: AbortSignal,
): AsyncGenerator<TarFile> {
  const input = createReadStream(path, { highWaterMark: 1 << 20 });
  const tar = extract();
  input.on('error', (error) => tar.destroy(error));
  input.pipe(tar as unknown as NodeJS.WritableStream);
  try {
    for await (const entry of tar) {
      throwIfAborted(signal, path);
      const { name, size, type } = entry.header;
      const content =
        type === 'file' && wanted(name, size) ? await buffer(entry as unknown as AsyncIterable<Buffer>) : undefined;
      if (!content) entry.resume();
      if (type === 'file') yield { name, offset: entry.offset + HEADER, size, ...(content && { content }) };
    }
  } catch (error) {
    if (error instanceof FacewrightError) throw error;
    if ((error as NodeJS.ErrnoException).code) throw cannotOpen(error, 'tar file', path);
    throw new FacewrightError({
      what: `The tar file is damaged: ${messageOf(error)}.`,
      where: path,
      todo: 'Fetch or write it again; a compressed one must be unpacked to plain .tar first.',
      cause: error,
    });
  } finally {
    input.destroy();
  }
}

/** Bytes out of a larger file; rejects with an `ImageError` of reason `unreadable`. */
export async function readSlice(path: string, offset: number, size: number): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const bytes = Buffer.alloc(size);
      const { bytesRead } = await file.read(bytes, 0, size, offset);
      if (bytesRead < size) throw new Error(`it ends ${size - bytesRead} bytes early`);
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new ImageError(
      'unreadable',
      `The photo cannot be read: ${messageOf(error)}.`,
      `${path}, byte ${offset}`,
      error,
    );
  }
}
