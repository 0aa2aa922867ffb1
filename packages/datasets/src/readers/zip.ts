/**
 * A zip file with one folder per person, read like a folder but without unpacking. A single folder around all people is
 * ignored.
 */
import {
  definePlugin,
  FacewrightError,
  PHOTO_LIMITS,
  type Identity,
  type Photo,
  type PluginContext,
  type Reader,
} from '@facewright/core';
import { resolve } from 'node:path';
import { z } from 'zod';
import { cannotRead, Column, openZip, type OpenZip } from '@facewright/platform/node';
import { byCodeUnit, cannotOpen, commonFolder, isPhotoName } from './photo-files.js';
import { VERSION } from '../version.js';

export const zip = definePlugin({
  meta: {
    name: 'zip',
    kind: 'reader',
    version: VERSION,
    apiVersion: 1,
    description: 'A zip file with one folder per person',
  },
  options: z.strictObject({
    path: z.string().min(1).describe('the zip file'),
    aligned: z.boolean().default(false).describe('the images are already aligned crops'),
  }),
  create: ({ path, aligned }, context) => zipReader(resolve(context.baseDirectory, path), aligned, context),
});

declare module '@facewright/core' {
  interface ReaderPlugins {
    zip: typeof zip;
  }
}

/** The zip file stays open as long as its reader is used, so a photo takes one read. */
function zipReader(path: string, aligned: boolean, { emit }: PluginContext): Reader {
  let opened: Promise<OpenZip> | undefined;
  return {
    async *identities() {
      const archive = await (opened ??= openZip(path).catch((error: unknown) => {
        throw cannotOpen(error, 'zip file', path);
      }));
      const { people, photos, top, loose } = peopleIn(archive);
      if (people.length === 0)
        throw new FacewrightError({
          what: `The zip file has ${loose.count ? `${loose.count} photos, but no folder per person` : 'no photos'}.`,
          where: path,
          todo: 'Expected one folder per person: <person>/<photo>.jpg.',
        });
      if (loose.count > 0)
        emit('notice', {
          level: 'warning',
          message: `Skipped photos that are not in a person's folder of ${path}: ${loose.first.join(', ')} (${loose.count}).`,
        });
      for (const { name, start, end } of people) {
        yield {
          name,
          photos: Array.from(photos.subarray(start, end), (number): Photo => {
            const file = archive.nameAt(number);
            return {
              id: file.slice(top.length),
              identity: name,
              bytes: (limits) =>
                archive.bytes(file, { maxBytes: PHOTO_LIMITS.maxBytes, ...limits }).catch((error: unknown) => {
                  throw cannotRead(error, `${path}, ${file}`);
                }),
              ...(aligned && { aligned }),
            };
          }),
        } satisfies Identity;
      }
    },
  };
}

interface ZipPeople {
  /** By name. The photos of each are those from `start` to `end`. */
  readonly people: readonly { readonly name: string; readonly start: number; readonly end: number }[];
  /** Numbers of the files in the archive. */
  readonly photos: Uint32Array;
  /** The folder around all people, or ''. */
  readonly top: string;
  /** Photos in no person's folder. */
  readonly loose: { readonly first: readonly string[]; readonly count: number };
}

function peopleIn(archive: OpenZip): ZipPeople {
  const found = new Column(new Uint32Array(0));
  for (let number = 0; number < archive.length; number++) {
    const name = archive.nameAt(number);
    if (isPhotoName(name) && !hidden(name)) found.push(number);
  }
  // so the photos of a folder follow each other
  const photos = archive.sorted(found.view());
  const top = folderAround(archive, photos);
  const people: { name: string; start: number; end: number }[] = [];
  const loose = { first: [] as string[], count: 0 };
  for (const [place, number] of photos.entries()) {
    const id = archive.nameAt(number).slice(top.length);
    const slash = id.indexOf('/');
    if (slash <= 0) {
      if (loose.count++ < 5) loose.first.push(id);
      continue;
    }
    const name = id.slice(0, slash);
    const last = people.at(-1);
    if (last?.name === name) last.end = place + 1;
    else people.push({ name, start: place, end: place + 1 });
  }
  people.sort((a, b) => byCodeUnit(a.name, b.name));
  return { people, photos, top, loose };
}

/** A folder that contains all photos and none of them directly: then it is no person's. */
function folderAround(archive: OpenZip, photos: Uint32Array): string {
  if (photos.length === 0) return '';
  const around = commonFolder([archive.nameAt(photos[0])]);
  const inside = (number: number): boolean => {
    const name = archive.nameAt(number);
    return name.startsWith(around) && name.slice(around.length).includes('/');
  };
  return photos.every(inside) ? around : '';
}

const hidden = (name: string): boolean => name.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
