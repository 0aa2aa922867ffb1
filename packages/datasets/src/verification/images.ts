/** Images of a verification set by name, from a folder or straight out of a zip file. */
import { FacewrightError, messageOf } from '@facewright/core';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, normalize, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { cannotOpen, readPhoto } from '../readers/photo-files.js';

export interface ImageSource {
  /** `path` is relative to the root, with `/`. */
  has(path: string): boolean;
  /** The encoded file. Rejects with a `FacewrightError` where there is none or it is damaged. */
  bytes(path: string): Promise<Uint8Array>;
  close(): void;
}

/** `path` is a folder or a zip file; a single folder that holds all of a zip's files need not be named. Throws a `FacewrightError`. */
export async function openImages(path: string): Promise<ImageSource> {
  const root = resolve(path);
  const found = await stat(root).catch((error: unknown) => {
    throw cannotOpen(error, 'folder or zip file', root);
  });
  return found.isDirectory() ? folderImages(root) : zipImages(root);
}

function folderImages(root: string): ImageSource {
  const inside = (path: string): string | undefined => (normalize(path).startsWith('..') ? undefined : join(root, path));
  return {
    has: (path) => {
      const file = inside(path);
      return file !== undefined && existsSync(file);
    },
    bytes: async (path) => readPhoto(inside(path) ?? notThere(path, root)),
    close: () => undefined,
  };
}

/** No verification image is nearly as large once unpacked. */
const MAX_BYTES = 256 * 2 ** 20;

async function zipImages(path: string): Promise<ImageSource> {
  const { zip, entries } = await readDirectory(path).catch((error: unknown) => {
    throw new FacewrightError({ what: `This is neither a folder nor a zip file that can be read: ${messageOf(error)}.`, where: path, todo: 'Name a folder of images, or a whole zip file of them.', cause: error });
  });
  const top = commonFolder([...entries.keys()]);
  const find = (name: string): Entry | undefined => entries.get(name) ?? entries.get(top + name);
  return {
    has: (name) => find(name) !== undefined,
    bytes: async (name) => {
      const entry = find(name) ?? notThere(name, path);
      if (entry.uncompressedSize > MAX_BYTES) throw new FacewrightError({ what: `The file would unpack to ${entry.uncompressedSize} bytes.`, where: `${path}, ${name}` });
      const unpacked = await zip.openReadStreamPromise(entry).then(buffer).catch((error: unknown) => {
        throw new FacewrightError({ what: `The file cannot be unpacked: ${messageOf(error)}.`, where: `${path}, ${name}`, cause: error });
      });
      if (crc32(unpacked) !== entry.crc32) throw new FacewrightError({ what: 'The file is damaged: its checksum does not match.', where: `${path}, ${name}`, todo: 'Fetch the zip file again.' });
      return unpacked;
    },
    close: () => zip.close(),
  };
}

async function readDirectory(path: string): Promise<{ zip: ZipFile; entries: Map<string, Entry> }> {
  const zip = await openPromise(path, { autoClose: false });
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('/')) entries.set(entry.fileName, entry);
    }
  } catch (error) {
    zip.close();
    throw error;
  }
  return { zip, entries };
}

/** `lfw/` where every file lies below `lfw/`, else nothing. */
function commonFolder(names: readonly string[]): string {
  const first = names[0]?.split('/') ?? [];
  const folder = first.length > 1 ? `${first[0]}/` : '';
  return names.every((name) => name.startsWith(folder)) ? folder : '';
}

function notThere(path: string, root: string): never {
  throw new FacewrightError({ what: 'There is no such image.', where: `${root}, ${path}` });
}
