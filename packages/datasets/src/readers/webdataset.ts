/**
 * WebDataset: tar files where files with the same name up to the first dot form a sample: `key.jpg` with `key.cls` (the person's number) or
 * `key.json`. The JSON has `identity`, or `label` or `cls`; optionally `landmarks` (five x, y), and `source` and `kind`, which then replace the key
 * as the photo's id. Without either file, the key's folder is the person, as in facewright's own shards.
 */
import {
  definePlugin,
  FacewrightError,
  landmarksFrom,
  type Landmarks,
  type Photo,
  type PluginContext,
  type Reader,
} from '@facewright/core';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, posix, resolve } from 'node:path';
import { z } from 'zod';
import { byCodeUnit, cannotOpen, isPhotoName } from './photo-files.js';
import { readSlice, tarFiles, type TarFile } from './tar-file.js';
import { VERSION } from '../version.js';

export const webdataset = definePlugin({
  meta: {
    name: 'webdataset',
    kind: 'reader',
    version: VERSION,
    apiVersion: 1,
    description: 'WebDataset tar files: key.jpg with key.cls or key.json',
  },
  options: z.strictObject({
    path: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe('a tar file, several, or a folder of them'),
    aligned: z.boolean().default(false).describe('the images are already aligned crops'),
  }),
  create: ({ path, aligned }, context) =>
    tarReader(
      [path].flat().map((one) => resolve(context.baseDirectory, one)),
      aligned,
      context,
    ),
});

declare module '@facewright/core' {
  interface ReaderPlugins {
    webdataset: typeof webdataset;
  }
}

/** A photo of a set that was converted from a dataset. */
export interface StoredPhoto extends Photo {
  /** The source photo, and `original` or the augmenter's name. */
  readonly stored?: { readonly source: string; readonly kind: string };
}

function storedPath({ source, kind }: NonNullable<StoredPhoto['stored']>): string {
  return kind === 'original' ? source : `${source} (${kind.replace(/[/\\]/g, '_')})`;
}

function tarReader(paths: readonly string[], aligned: boolean, { signal, emit }: PluginContext): Reader {
  return {
    async *identities() {
      const tars = (await Promise.all(paths.map(tarsAt))).flat();
      const people = new Map<string, Photo[]>();
      const seen = new Set<string>();
      let without = 0;
      for (const tar of tars) {
        for await (const sample of samplesOf(tar, signal)) {
          if (!sample.image) {
            without++;
            continue;
          }
          const { offset, size } = sample.image;
          const identity = sample.identity ?? NO_LABEL;
          const { stored } = sample;
          const path = stored ? storedPath(stored) : relative(sample.image.name);
          const id = seen.has(path) ? `${path} (${basename(tar)}, byte ${offset})` : path;
          seen.add(id);
          const photo: StoredPhoto = {
            id,
            identity,
            ...(stored && { stored }),
            bytes: (limits) => readSlice(tar, offset, size, limits),
            ...(aligned && { aligned }),
            ...(sample.landmarks && !aligned && { landmarks: sample.landmarks }),
            ...(sample.problem !== undefined && {
              excluded: { reason: 'bad-label', detail: `${tar}: ${sample.problem}` },
            }),
          };
          const own = people.get(identity);
          if (own) own.push(photo);
          else people.set(identity, [photo]);
        }
      }
      if (without > 0)
        emit('notice', { level: 'warning', message: `${without} samples in ${paths.join(', ')} have no image.` });
      if (people.size === 0)
        throw new FacewrightError({
          what: 'The tar files have no images.',
          where: paths.join(', '),
          todo: 'Expected key.jpg with key.cls or key.json, or person/photo.jpg.',
        });
      for (const [name, photos] of people) yield { name, photos };
    },
  };
}

/** The person of photos without a label; all of them are excluded. */
const NO_LABEL = '(no label)';
/** No label comes close to this length. */
const MAX_TEXT = 1 << 20;

async function tarsAt(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw cannotOpen(error, 'tar file or folder', path);
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.tar$/i.test(name)).sort(byCodeUnit);
  if (names.length === 0)
    throw new FacewrightError({
      what: 'The folder has no .tar file.',
      where: path,
      todo: 'Give the path of a tar file or of a folder of them.',
    });
  return names.map((name) => join(path, name));
}

interface TarSample {
  readonly image?: TarFile;
  readonly identity?: string;
  readonly stored?: StoredPhoto['stored'];
  readonly landmarks?: Landmarks;
  readonly problem?: string;
}

/** Groups successive files with the same key into samples. */
async function* samplesOf(tar: string, signal: AbortSignal): AsyncGenerator<TarSample> {
  let key: string | undefined;
  let files: TarFile[] = [];
  for await (const file of tarFiles(tar, (name, size) => size <= MAX_TEXT && /\.(cls|json)$/i.test(name), signal)) {
    if (basename(file.name).startsWith('.')) continue;
    const own = keyOf(file.name);
    if (own !== key && files.length > 0) {
      yield sampleOf(key!, files);
      files = [];
    }
    key = own;
    files.push(file);
  }
  if (files.length > 0) yield sampleOf(key!, files);
}

/** Up to the first dot in the last part of the path. */
function keyOf(name: string): string {
  const start = name.lastIndexOf('/') + 1;
  const dot = name.indexOf('.', start);
  return dot < 0 ? name : name.slice(0, dot);
}

/** The label comes from `key.json`, or else from `key.cls`, or else from the folder. */
export function sampleOf(key: string, files: readonly TarFile[]): TarSample {
  const image = files.find(({ name }) => isPhotoName(name));
  const textOf = (ending: RegExp): string | undefined =>
    files
      .find(({ name }) => ending.test(name))
      ?.content?.toString('utf8')
      .trim();
  const cls = textOf(/\.cls$/i) || undefined;
  const json = textOf(/\.json$/i);
  let fields: Record<string, unknown> = {};
  if (json !== undefined) {
    try {
      fields = Object(JSON.parse(json)) as Record<string, unknown>;
    } catch {
      return { image, problem: `${key}.json is not valid JSON` };
    }
  }
  const named = [fields.identity, fields.label, fields.cls].find(
    (value) => (typeof value === 'string' && value !== '') || typeof value === 'number',
  );
  const folder = posix.dirname(relative(key));
  const identity = named !== undefined ? String(named) : (cls ?? (folder === '.' ? undefined : folder));
  if (identity === undefined)
    return { image, problem: `nothing says who is in ${key}: it has no .cls, no .json and no folder` };
  const landmarks = landmarksIn(fields.landmarks);
  return { image, identity, ...storedIn(fields), ...(landmarks && { landmarks }) };
}

function storedIn({ source, kind }: Record<string, unknown>): Pick<TarSample, 'stored'> {
  const path = typeof source === 'string' ? relative(source) : '';
  return path === ''
    ? {}
    : { stored: { source: path, kind: typeof kind === 'string' && kind !== '' ? kind : 'original' } };
}

function landmarksIn(value: unknown): Landmarks | undefined {
  const numbers = Array.isArray(value) ? value.flat() : [];
  if (numbers.length !== 10 || !numbers.every((number) => typeof number === 'number' && Number.isFinite(number)))
    return undefined;
  return landmarksFrom([0, 2, 4, 6, 8].map((i) => [numbers[i] as number, numbers[i + 1] as number] as const));
}

/** With `/`, always below the root. */
const relative = (path: string): string => posix.normalize(`/${path.replaceAll('\\', '/')}`).slice(1);
