/**
 * InsightFace training sets of aligned crops: `train.rec` with `train.idx` and optionally `train.lst`. With an index,
 * people are read from the records of their id ranges, whose positions are in record 0. Without one, every record's
 * header is read.
 */
import {
  definePlugin,
  FacewrightError,
  PHOTO_LIMITS,
  throwIfAborted,
  type ByteLimits,
  type Identity,
  type PluginContext,
  type Reader,
} from '@facewright/core';
import { cannotRead, ImageError } from '@facewright/platform/node';
import { resolve } from 'node:path';
import { z } from 'zod';
import { readRecordAt } from '../recordio/framing.js';
import { parseImageRecord } from '../recordio/image-record.js';
import { readList, type ListFile } from '../recordio/list-file.js';
import { besides, readRecordSet, type RecordSet } from '../recordio/record-set.js';
import { VERSION } from '../version.js';

export const insightFaceRec = definePlugin({
  meta: {
    name: 'insightface-rec',
    kind: 'reader',
    version: VERSION,
    apiVersion: 1,
    description: 'InsightFace training sets: .rec, .idx and .lst (MXNet RecordIO)',
  },
  options: z.strictObject({
    path: z.string().min(1).describe('the .rec file, or the folder with one'),
    aligned: z
      .boolean()
      .default(true)
      .describe('the images are already aligned crops; false: photos to detect faces in'),
  }),
  create: ({ path, aligned }, context): Reader => ({
    identities: () => identities(resolve(context.baseDirectory, path), aligned, context),
  }),
});

declare module '@facewright/core' {
  interface ReaderPlugins {
    'insightface-rec': typeof insightFaceRec;
  }
}

async function* identities(path: string, aligned: boolean, { signal, emit }: PluginContext): AsyncGenerator<Identity> {
  const set = await readRecordSet(path, signal);
  const { rec, labels } = set;
  if (set.length === 0)
    throw new FacewrightError({
      what: 'The record file has no images.',
      where: rec,
      todo: 'Download or create the file again.',
    });
  const list = await readList(besides(rec, 'lst'), signal);
  const names = list && belongs(list, set) ? list : undefined;
  if (list && !names)
    emit('notice', {
      level: 'warning',
      message: `${besides(rec, 'lst')} does not match the records, so people are named by their label numbers.`,
    });
  const lines = await names?.open();
  try {
    for (const [person, label] of labels.entries()) {
      throwIfAborted(signal, rec);
      const name = names?.folders?.get(label) ?? String(label);
      const ids = Array.from(set.imagesOf(person), (image) => set.ids[image]);
      const paths = lines?.pathsOf(ids);
      yield {
        name,
        photos: Array.from(set.imagesOf(person), (image, place) => ({
          id: paths?.[place] ?? `${label}/${ids[place]}.jpg`,
          identity: name,
          bytes: (limits) => imageAt(rec, set.offsets[image], limits),
          ...(aligned && { aligned }),
        })),
      };
    }
  } finally {
    await lines?.close();
  }
}

/** Whether the list is of these records: one line per image with its label, no path twice. */
function belongs(list: ListFile, { length, ids, persons, labels }: RecordSet): boolean {
  if (!list.unique || list.length !== length) return false;
  for (let image = 0; image < length; image++) if (list.labelOf(ids[image]) !== labels[persons[image]]) return false;
  return true;
}

async function imageAt(
  rec: string,
  offset: number,
  { maxBytes = PHOTO_LIMITS.maxBytes }: ByteLimits = {},
): Promise<Uint8Array> {
  const where = `${rec}, byte ${offset}`;
  const record = await readRecordAt(rec, offset, maxBytes).catch((error: unknown) => {
    throw cannotRead(error, where);
  });
  const image = parseImageRecord(record)?.image;
  if (!image) throw new ImageError('unreadable', 'The record is shorter than its header says.', where);
  return image;
}
