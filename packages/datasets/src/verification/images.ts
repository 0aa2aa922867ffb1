/** Images of a verification set by name, from a folder, or directly from a zip file or an InsightFace `.bin`. */
import { FacewrightError, PHOTO_LIMITS, type ByteLimits } from '@facewright/core';
import { bytesOfText, cannotRead, openZip, readPhoto, type FilePath } from '@facewright/platform/node';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, normalize, relative, resolve } from 'node:path';
import { cannotOpen, commonFolder } from '../readers/photo-files.js';
import { isBinPath, readBin } from './bin.js';
import { slashes } from './fields.js';

export interface ImageSource {
  /** `path` is relative to the root, with `/`. */
  has(path: string): boolean;
  /** Paths of all files, as far as they can be listed. */
  names(): Promise<readonly string[]>;
  /** The encoded file. Rejects with a `FacewrightError` if it is missing or damaged. */
  bytes(path: string, limits?: ByteLimits): Promise<Uint8Array>;
  close(): void;
}

/**
 * `path` is a folder, a zip file or an InsightFace `.bin`. A single folder that contains all of a zip's files need not
 * be named. Throws a `FacewrightError`.
 */
export async function openImages(path: string): Promise<ImageSource> {
  const root = resolve(path);
  const found = await stat(root).catch((error: unknown) => {
    throw cannotOpen(error, 'folder or zip file', root);
  });
  if (found.isDirectory()) return folderImages(root);
  return isBinPath(root) ? binImages(root) : zipImages(root);
}

function folderImages(root: string): ImageSource {
  const inside = (path: string): FilePath | undefined => {
    if (normalize(path).startsWith('..')) return undefined;
    const file = join(root, path);
    // lists give a name that is not UTF-8 with those bytes as %XX
    return existsSync(file) ? file : (bytesOfText(file) ?? file);
  };
  return {
    has: (path) => {
      const file = inside(path);
      return file !== undefined && existsSync(file);
    },
    names: async () => {
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => slashes(relative(root, join(entry.parentPath, entry.name))));
    },
    bytes: async (path, limits) => {
      const file = inside(path);
      return file !== undefined && existsSync(file) ? readPhoto(file, limits) : notThere(path, root);
    },
    close: () => undefined,
  };
}

async function zipImages(path: string): Promise<ImageSource> {
  const zip = await openZip(path).catch((error: unknown) => {
    throw cannotOpen(error, 'zip file', path);
  });
  const top = commonFolder(zip.names());
  const find = (name: string): string => (zip.has(name) ? name : top + name);
  return {
    has: (name) => zip.has(find(name)),
    names: async () => zip.names(),
    bytes: async (name, limits) =>
      zip.has(find(name))
        ? zip.bytes(find(name), { maxBytes: PHOTO_LIMITS.maxBytes, ...limits }).catch((error: unknown) => {
            throw cannotRead(error, `${path}, ${name}`);
          })
        : notThere(name, path),
    close: () => undefined,
  };
}

async function binImages(path: string): Promise<ImageSource> {
  const { images } = await readBin(path);
  return {
    has: (name) => images.has(name),
    names: async () => [...images.keys()],
    bytes: async (name) => images.get(name) ?? notThere(name, path),
    close: () => undefined,
  };
}

function notThere(path: string, root: string): never {
  throw new FacewrightError({ what: 'The image does not exist.', where: `${root}, ${path}` });
}
