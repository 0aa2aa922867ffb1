/**
 * A zip file with one folder per person, read like a folder but without unpacking. A single folder around all people is
 * ignored.
 */
import {
  definePlugin,
  FacewrightError,
  PHOTO_LIMITS,
  type Identity,
  type PluginContext,
  type Reader,
} from '@facewright/core';
import { resolve } from 'node:path';
import { z } from 'zod';
import { cannotRead, openZip, type OpenZip } from '@facewright/platform/node';
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
      const photos = archive.names.filter((name) => isPhotoName(name) && !hidden(name)).sort(byCodeUnit);
      const around = commonFolder(photos);
      // a single person's folder also contains all photos
      const top = photos.some((name) => !name.slice(around.length).includes('/')) ? '' : around;
      const people = new Map<string, string[]>();
      const loose: string[] = [];
      for (const name of photos) {
        const id = name.slice(top.length);
        const slash = id.indexOf('/');
        if (slash <= 0) loose.push(id);
        else append(people, id.slice(0, slash), id);
      }
      if (people.size === 0)
        throw new FacewrightError({
          what: `The zip file has ${loose.length ? `${loose.length} photos, but no folder per person` : 'no photos'}.`,
          where: path,
          todo: 'Expected one folder per person: <person>/<photo>.jpg.',
        });
      if (loose.length > 0)
        emit('notice', {
          level: 'warning',
          message: `Skipped photos that are not in a person's folder of ${path}: ${loose.slice(0, 5).join(', ')} (${loose.length}).`,
        });
      for (const [name, ids] of [...people].sort(([a], [b]) => byCodeUnit(a, b))) {
        yield {
          name,
          photos: ids.map((id) => ({
            id,
            identity: name,
            bytes: (limits) =>
              archive.bytes(top + id, { maxBytes: PHOTO_LIMITS.maxBytes, ...limits }).catch((error: unknown) => {
                throw cannotRead(error, `${path}, ${top}${id}`);
              }),
            ...(aligned && { aligned }),
          })),
        } satisfies Identity;
      }
    },
  };
}

const hidden = (name: string): boolean => name.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');

function append(people: Map<string, string[]>, person: string, id: string): void {
  const own = people.get(person);
  if (own) own.push(id);
  else people.set(person, [id]);
}
