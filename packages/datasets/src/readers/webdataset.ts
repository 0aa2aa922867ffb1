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
import { Column, type CheckedFile } from '@facewright/platform/node';
import { OpenFiles } from '../dataset/open-files.js';
import { byCodeUnit, cannotOpen, isPhotoName } from './photo-files.js';
import { entriesOf, groupByPerson, type PersonGroups } from './person-groups.js';
import { filesOfPart, readSlice, tarFiles, type Extension, type TarFile, type TarPart } from './tar-file.js';
import { TextSet } from './text-set.js';
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

/** Tar files that stay open while samples are read. */
const MOST_OPEN = 16;

function tarReader(paths: readonly string[], aligned: boolean, { signal, emit }: PluginContext): Reader {
  let opened: Promise<SampleIndex> | undefined; // a preparation reads twice
  const open = async (): Promise<SampleIndex> => {
    const index = await indexSamples((await Promise.all(paths.map(tarsAt))).flat(), signal);
    if (index.without > 0)
      emit('notice', { level: 'warning', message: `${index.without} samples in ${paths.join(', ')} have no image.` });
    if (index.people.length === 0)
      throw new FacewrightError({
        what: 'The tar files have no images.',
        where: paths.join(', '),
        todo: 'Expected key.jpg with key.cls or key.json, or person/photo.jpg.',
      });
    return index;
  };
  return {
    async *identities() {
      const index = await (opened ??= open());
      const files = new OpenFiles(index.tars, MOST_OPEN);
      try {
        for (const [person, name] of index.people.entries()) {
          const photos: Photo[] = [];
          for (const run of runsOf(index, person))
            for (const { sample, repeated } of await files.use(run.tar, (file) => samplesOfRun(file, run, signal)))
              photos.push(photoFrom(sample, index.tars[run.tar], { name, repeated, aligned }));
          yield { name, photos };
        }
      } finally {
        await files.close();
      }
    },
  };
}

/** Where the samples of each person are, at some forty bytes a sample; what is in them is read again when their person comes. */
interface SampleIndex {
  readonly tars: readonly string[];
  /** In the order of their first samples. */
  readonly people: readonly string[];
  readonly groups: PersonGroups;
  readonly tar: Uint32Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** 1 if an earlier sample has the same path. */
  readonly repeated: Uint8Array;
  /** By sample, a number into `globals`. */
  readonly global: Uint32Array;
  readonly globals: readonly Extension[];
  /** Samples without an image, which are in no column. */
  readonly without: number;
}

async function indexSamples(tars: readonly string[], signal: AbortSignal): Promise<SampleIndex> {
  const numbers = new Map<string, number>();
  const seen = new TextSet();
  const [tar, persons, global] = [0, 0, 0].map(() => new Column(new Uint32Array(0)));
  const [start, end] = [0, 0].map(() => new Column(new Float64Array(0)));
  const repeated = new Column(new Uint8Array(0));
  const globals: Extension[] = [];
  let without = 0;
  for (const [number, path] of tars.entries()) {
    for await (const sample of samplesOf(tarFiles(path, isLabel, signal))) {
      if (!sample.image) {
        without++;
        continue;
      }
      const identity = sample.identity ?? NO_LABEL;
      let person = numbers.get(identity);
      if (person === undefined) numbers.set(identity, (person = numbers.size));
      persons.push(person);
      tar.push(number);
      start.push(sample.start);
      end.push(sample.end);
      repeated.push(Number(!seen.add(pathOf(sample, sample.image))));
      if (globals.at(-1) !== sample.global) globals.push(sample.global);
      global.push(globals.length - 1);
    }
  }
  return {
    tars,
    people: [...numbers.keys()],
    groups: groupByPerson(persons.view(), numbers.size),
    tar: tar.view(),
    start: start.view(),
    end: end.view(),
    repeated: repeated.view(),
    global: global.view(),
    globals,
    without,
  };
}

/** Samples that follow each other in a tar file. */
interface Run extends TarPart {
  readonly tar: number;
  readonly repeated: readonly boolean[];
}

function* runsOf(index: SampleIndex, person: number): Generator<Run> {
  const { tar, start, end, repeated, global, globals } = index;
  const own = entriesOf(index.groups, person);
  for (let first = 0; first < own.length;) {
    let last = first;
    const follows = (sample: number, next: number): boolean =>
      tar[sample] === tar[next] && end[sample] === start[next] && global[sample] === global[next];
    while (last + 1 < own.length && follows(own[last], own[last + 1])) last++;
    const samples = own.subarray(first, last + 1);
    yield {
      tar: tar[own[first]],
      start: start[own[first]],
      end: end[own[last]],
      global: globals[global[own[first]]],
      repeated: Array.from(samples, (sample) => repeated[sample] === 1),
    };
    first = last + 1;
  }
}

async function samplesOfRun(
  file: CheckedFile,
  run: Run,
  signal: AbortSignal,
): Promise<{ sample: TarSample & { image: TarFile }; repeated: boolean }[]> {
  const found: { sample: TarSample & { image: TarFile }; repeated: boolean }[] = [];
  for await (const sample of samplesOf(filesOfPart(file, run, isLabel, signal)))
    if (sample.image) found.push({ sample: { ...sample, image: sample.image }, repeated: run.repeated[found.length] });
  if (found.length === run.repeated.length) return found;
  throw new FacewrightError({
    what: 'The tar file has changed while it was read.',
    where: `${file.path}, byte ${run.start}`,
    todo: 'Start again, and leave the file as it is until the end.',
  });
}

const pathOf = ({ stored }: TarSample, image: TarFile): string => (stored ? storedPath(stored) : relative(image.name));

function photoFrom(
  sample: TarSample & { readonly image: TarFile },
  tar: string,
  { name, repeated, aligned }: { readonly name: string; readonly repeated: boolean; readonly aligned: boolean },
): StoredPhoto {
  const { image, stored, landmarks, problem } = sample;
  const { offset, size } = image;
  const path = pathOf(sample, image);
  return {
    id: repeated ? `${path} (${basename(tar)}, byte ${offset})` : path,
    identity: name,
    ...(stored && { stored }),
    bytes: (limits) => readSlice(tar, offset, size, limits),
    ...(aligned && { aligned }),
    ...(landmarks && !aligned && { landmarks }),
    ...(problem !== undefined && { excluded: { reason: 'bad-label', detail: `${tar}: ${problem}` } }),
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

const isLabel = (name: string, size: number): boolean => size <= MAX_TEXT && /\.(cls|json)$/i.test(name);

/** Groups successive files with the same key into samples. */
async function* samplesOf(tar: AsyncIterable<TarFile>): AsyncGenerator<TarSample & TarPart> {
  let key: string | undefined;
  let files: TarFile[] = [];
  const whole = (): TarSample & TarPart => ({
    ...sampleOf(key!, files),
    start: files[0].start,
    end: files[files.length - 1].end,
    global: files[0].global,
  });
  for await (const file of tar) {
    if (basename(file.name).startsWith('.')) continue;
    const own = keyOf(file.name);
    if (own !== key && files.length > 0) {
      yield whole();
      files = [];
    }
    key = own;
    files.push(file);
  }
  if (files.length > 0) yield whole();
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
