/** Converts between formats, keeping the encoded images byte for byte. */
import { FacewrightError, throwIfAborted, type Exclusion, type PreparationSummary } from '@facewright/core';
import { createWholeDirectory, ImageError } from '@facewright/platform/node';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatasetWriter } from '../dataset/writer.js';
import type { BinSet } from '../verification/bin.js';
import { createFolderWriter } from '../writers/folder-writer.js';
import { imageEnding, stemOf } from '../writers/names.js';
import { createRecordWriter } from '../writers/record-writer.js';
import type { EncodedImage, SetWriter } from '../writers/set-writer.js';
import { createWebdatasetWriter } from '../writers/webdataset-writer.js';
import { openCollection, type Collection, type StoredPerson, type ToolOptions } from './collection.js';
import type { FormatName } from './recognise.js';

export const TARGETS = ['folder', 'dataset', 'insightface-rec', 'webdataset'] as const satisfies readonly FormatName[];
export type TargetName = (typeof TARGETS)[number];

export interface ConvertOptions extends ToolOptions {
  readonly to: TargetName;
  /** The alignment of the crops, given their side in pixels. Needed to make a dataset from anything but a dataset. */
  readonly alignment?: (size: number) => string;
  /** Removes images or people, or renames them. */
  readonly edit?: (people: AsyncIterable<StoredPerson>) => AsyncIterable<StoredPerson>;
  /** Maximum size of a tar file in bytes. */
  readonly shardBytes?: number;
}

export interface Converted {
  readonly from: FormatName;
  readonly to: TargetName;
  readonly directory: string;
  readonly people: number;
  readonly images: number;
  /** Number of images left out. */
  readonly dropped: number;
  /** The first of them, with the reasons. */
  readonly exclusions: readonly Exclusion[];
}

/** Exclusions that are given back; a dataset lists all of its own in a file. */
const SHOWN = 1000;

/** What was left out: counted, and the first of it kept. */
class Exclusions {
  readonly first: Exclusion[] = [];
  readonly reasons: Record<string, number> = {};
  count = 0;

  add(exclusion: Exclusion): void {
    this.count++;
    this.reasons[exclusion.reason] = (this.reasons[exclusion.reason] ?? 0) + 1;
    if (this.first.length < SHOWN) this.first.push(exclusion);
  }
}

/**
 * Writes the contents of `path` into `directory`, which must be new or empty (or an older dataset, when writing a
 * dataset). Images are not decoded; an unreadable one is skipped and listed. A verification set becomes a folder of
 * images with `pairs.txt`. Throws a `FacewrightError`.
 */
export async function convertDataset(path: string, directory: string, options: ConvertOptions): Promise<Converted> {
  const found = await openCollection(path, options);
  if (found.format === 'insightface-bin')
    return {
      from: found.format,
      to: options.to,
      directory,
      people: 0,
      dropped: 0,
      exclusions: [],
      images: await unpackPairs(found, directory, options.to),
    };
  try {
    const exclusions = new Exclusions();
    const writer = await writerFor(found, directory, exclusions, options);
    const counts = await writePeople(found, writer, exclusions, options).catch(async (error: unknown) => {
      await writer.abort();
      throw error;
    });
    return {
      from: found.format,
      to: options.to,
      directory,
      ...counts,
      dropped: exclusions.count,
      exclusions: exclusions.first,
    };
  } finally {
    await found.close();
  }
}

/** Writes the complete set; unreadable images are added to `exclusions`. */
async function writePeople(
  found: Collection,
  writer: SetWriter,
  exclusions: Exclusions,
  { edit = (people) => people, signal, emit }: ConvertOptions,
): Promise<Pick<Converted, 'people' | 'images'>> {
  let people = 0;
  let images = 0;
  for await (const person of edit(found.people())) {
    const before = images;
    for (const { bytes, source, kind, landmarks, excluded } of person.images) {
      throwIfAborted(signal, found.path);
      const content = excluded ?? (await bytes().catch(problemOf));
      if (!(content instanceof Uint8Array)) {
        const { reason, detail } = content;
        const exclusion = { photo: source, identity: person.name, reason, detail };
        exclusions.add(exclusion);
        await writer.exclude?.(exclusion);
        continue;
      }
      await writer.add({ identity: person.name, source, kind, bytes: content, ...(landmarks && { landmarks }) });
      images++;
    }
    if (images > before) people++;
    emit?.('progress', { task: 'convert', done: images, unit: 'images' });
  }
  if (images === 0)
    throw new FacewrightError({ what: 'None of the images could be read, so nothing was written.', where: found.path });
  await writer.finish();
  return { people, images };
}

function problemOf(error: unknown): { reason: string; detail: string } {
  if (!(error instanceof FacewrightError)) throw error;
  return { reason: error instanceof ImageError ? error.reason : 'unreadable', detail: error.what };
}

async function writerFor(
  from: Collection,
  directory: string,
  exclusions: Exclusions,
  { to, alignment, shardBytes }: ConvertOptions,
): Promise<SetWriter> {
  if (to === 'folder') return createFolderWriter(directory);
  if (to === 'insightface-rec') return createRecordWriter(directory);
  if (to === 'webdataset') return createWebdatasetWriter(directory, shardBytes);
  return datasetSetWriter(from, directory, exclusions, alignment, shardBytes);
}

/** A prepared dataset of aligned crops, all square and of one size. */
async function datasetSetWriter(
  { summary: given, exclusions: givenExclusions, path }: Collection,
  directory: string,
  exclusions: Exclusions,
  alignment: ConvertOptions['alignment'],
  shardBytes?: number,
): Promise<SetWriter> {
  if (!given && !alignment)
    throw new FacewrightError({
      what: 'A dataset records how its images are aligned, but that is unknown for these.',
      where: path,
      todo: 'Pass `alignment`, or prepare the photos.',
    });
  const writer = await createDatasetWriter(directory, { shardBytes });
  const started = performance.now();
  const people = new Set<string>();
  let images = 0;
  let size: number | undefined;
  const summaryOf = (side: number): PreparationSummary =>
    given ?? {
      photos: images + exclusions.count,
      kept: images,
      dropped: exclusions.count,
      identities: people.size,
      images,
      seed: 0,
      reasons: exclusions.reasons,
      perTier: { converted: { identities: people.size, photos: images, images } },
      alignment: { fingerprint: alignment!(side), size: side },
      seconds: (performance.now() - started) / 1000,
    };
  return {
    add: async ({ bytes, identity, source, kind }: EncodedImage) => {
      const side = given ? given.alignment.size : await sideOf(bytes, `${path}, ${source}`);
      size ??= side;
      if (side !== size)
        throw new FacewrightError({
          what: `The images differ in size: this one is ${side}×${side} pixels, others are ${size}×${size}.`,
          where: `${path}, ${source}`,
          todo: TO_PREPARE,
        });
      people.add(identity);
      images++;
      await writer.addEncoded({ identity, source, kind }, bytes);
    },
    // a dataset made of a dataset has its summary and its list
    exclude: async (exclusion) => (givenExclusions ? undefined : writer.exclude(exclusion)),
    finish: async () => {
      for await (const exclusion of givenExclusions?.() ?? []) await writer.exclude(exclusion);
      await writer.finish(summaryOf(size!));
    },
    abort: () => writer.abort(),
  };
}

const TO_PREPARE = 'A dataset contains aligned crops. Run `facewright prepare` to make them from photos.';

async function sideOf(bytes: Uint8Array, where: string): Promise<number> {
  const { default: sharp } = await import('sharp');
  const { width, height } = await sharp(bytes)
    .metadata()
    .catch((error: unknown) => {
      throw new FacewrightError({
        what: 'This is not a readable image.',
        where,
        todo: 'Run `facewright dataset verify` to list all such images.',
        cause: error,
      });
    });
  if (width !== height)
    throw new FacewrightError({
      what: `The image is ${width}×${height} pixels, not a square crop.`,
      where,
      todo: TO_PREPARE,
    });
  return width;
}

/** Numbered images, and a `pairs.txt` that names them. */
async function unpackPairs(
  { images, pairs, path }: BinSet & { readonly path: string },
  directory: string,
  to: TargetName,
): Promise<number> {
  if (to !== 'folder')
    throw new FacewrightError({
      what: 'A verification set contains pairs, not people, so it can only be converted to a folder.',
      where: path,
      todo: 'Convert it to "folder".',
    });
  const place = await createWholeDirectory(directory, { kind: 'verification set' });
  try {
    const names = new Map([...images].map(([name, bytes]) => [name, `${stemOf(name)}.${imageEnding(bytes)}`]));
    for (const [name, bytes] of images) await writeFile(join(place.aside, names.get(name)!), bytes);
    await writeFile(
      join(place.aside, 'pairs.txt'),
      pairs.map(({ a, b, same }) => `${names.get(a)} ${names.get(b)} ${same ? 1 : 0}\n`).join(''),
    );
    await place.publish();
  } catch (error) {
    await place.discard();
    throw error;
  }
  return images.size;
}
