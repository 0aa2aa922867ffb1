/**
 * Merges the parts of a divided preparation into the dataset that an undivided one writes, byte for byte except for the
 * duration in `dataset.json`. The parts hold consecutive people, so their images, in order, go through the same writer.
 * Images are copied, never decoded. Memory does not depend on the size of the parts.
 */
import {
  FacewrightError,
  throwIfAborted,
  tooFewPeople,
  type EncodedSample,
  type Emit,
  type PreparationSummary,
} from '@facewright/core';
import { CheckedFile, sha256OfFile } from '@facewright/platform/node';
import { join, relative, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { INDEX_FILE } from './dataset-file.js';
import { readExclusions } from './exclusions.js';
import { findParts, type FoundPart } from './find-parts.js';
import type { ImagePlace } from './index-format.js';
import { indexPhotos } from './index-records.js';
import { indexDamaged } from './index-reader.js';
import { checkSize, shardsOf } from './open.js';
import { createDatasetWriter, type EncodedDatasetWriter } from './writer.js';

export interface MergeOptions {
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
  /** Whether an older dataset may be replaced. Default: `false`. */
  readonly replace?: boolean;
}

export interface MergedDataset {
  readonly directory: string;
  readonly parts: number;
  readonly summary: PreparationSummary;
}

/**
 * Writes the dataset at `directory`, which appears complete or not at all. `paths` are the parts, or directories of
 * parts; they stay. Throws a `FacewrightError` unless they are complete and belong together.
 */
export async function mergeParts(
  paths: readonly string[],
  directory: string,
  { emit = () => undefined, signal, replace = false }: MergeOptions = {},
): Promise<MergedDataset> {
  const parts = await findParts(paths);
  requireOutside(parts, resolve(directory));
  const { image, shardBytes } = parts[0].record;
  const summary = summaryOf(parts);
  if (summary.identities < 2) throw tooFewPeople({ ...summary, after: 'in all parts together' });
  const writer = await createDatasetWriter(directory, { format: image.format, shardBytes, replace });
  try {
    let images = 0;
    const copied = (count: number): void => {
      images += count;
      emit('progress', { task: 'merge', done: images, total: summary.images, unit: 'images' });
    };
    for (const part of parts) await copyPart(part, writer, copied, signal);
    await writer.finish(summary);
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return { directory: resolve(directory), parts: parts.length, summary };
}

/** Images after which progress is reported. */
const REPORTED = 500;

async function copyPart(
  { directory, record }: FoundPart,
  writer: EncodedDatasetWriter,
  copied: (images: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const file of record.files) await checkSize(directory, file);
  const where = join(directory, INDEX_FILE);
  const stated = record.files.find(({ name }) => name === INDEX_FILE)?.sha256;
  if ((await sha256OfFile(where, signal)) !== stated)
    throw new FacewrightError({
      what: "The part's index is damaged: its checksum does not match.",
      where,
      todo: AGAIN,
    });
  const index = await CheckedFile.open(where);
  const paths = shardsOf(record).map(({ name }) => join(directory, name));
  const shards = new ShardReader(paths);
  try {
    let waiting = 0;
    for await (const photo of indexPhotos(index, where)) {
      throwIfAborted(signal, directory);
      const images: EncodedSample[] = [];
      for (const { source, kind, label, landmarks, ...place } of photo) {
        if (label >= record.identities.length || place.shard >= paths.length)
          throw indexDamaged(where)('it refers to a person or a shard that does not exist');
        const sample = { identity: record.identities[label], source, kind, ...(landmarks && { landmarks }) };
        images.push({ sample, bytes: await shards.read(place) });
      }
      await writer.addPhoto(images, undefined, record.image.encoder);
      waiting += images.length;
      if (waiting < REPORTED) continue;
      copied(waiting);
      waiting = 0;
    }
    copied(waiting);
    for await (const exclusion of readExclusions(directory, record)) await writer.exclude(exclusion);
  } finally {
    await index.close();
    await shards.close();
  }
}

const AGAIN = 'Copy the part again, or prepare it again.';
const WINDOW_BYTES = 4 << 20;

/** Reads images that follow each other in the shards, a window at a time. */
class ShardReader {
  private shard = -1;
  private file: CheckedFile | undefined;
  private start = 0;
  private window: Buffer = Buffer.alloc(0);

  constructor(private readonly paths: readonly string[]) {}

  /** The image's bytes, whose checksum is verified. */
  async read({ shard, offset, size, crc }: ImagePlace): Promise<Uint8Array> {
    if (shard !== this.shard) await this.open(shard);
    const file = this.file!;
    if (offset < this.start || offset + size > this.start + this.window.length) {
      const length = Math.max(size, Math.min(WINDOW_BYTES, file.size - offset));
      this.window = await file.read(offset, length);
      this.start = offset;
    }
    const bytes = this.window.subarray(offset - this.start, offset - this.start + size);
    if (crc32(bytes) !== crc)
      throw new FacewrightError({
        what: 'An image of the part is damaged: its checksum does not match.',
        where: `${file.path}, byte ${offset}`,
        todo: AGAIN,
      });
    return bytes;
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  private async open(shard: number): Promise<void> {
    await this.close();
    this.file = await CheckedFile.open(this.paths[shard]);
    this.shard = shard;
    this.window = Buffer.alloc(0);
  }
}

/** The counts added up; `seconds` is the time that all parts took together. */
function summaryOf(parts: readonly FoundPart[]): PreparationSummary {
  const all = parts.map(({ record }) => record.summary);
  const sum = (of: (summary: PreparationSummary) => number): number =>
    all.reduce((total, summary) => total + of(summary), 0);
  const reasons: Record<string, number> = {}; // in the order of their first photo, as an undivided preparation has them
  for (const summary of all)
    for (const [reason, photos] of Object.entries(summary.reasons)) reasons[reason] = (reasons[reason] ?? 0) + photos;
  const perTier = Object.fromEntries(
    Object.keys(all[0].perTier).map((tier) => [
      tier,
      {
        identities: sum(({ perTier }) => perTier[tier]?.identities ?? 0),
        photos: sum(({ perTier }) => perTier[tier]?.photos ?? 0),
        images: sum(({ perTier }) => perTier[tier]?.images ?? 0),
      },
    ]),
  );
  const [{ alignment, seed }] = all;
  const detector = all.find((summary) => summary.alignment.detector !== undefined)?.alignment.detector;
  return {
    photos: sum(({ photos }) => photos),
    kept: sum(({ kept }) => kept),
    dropped: sum(({ dropped }) => dropped),
    reasons,
    perTier,
    identities: sum(({ identities }) => identities),
    images: sum(({ images }) => images),
    alignment: {
      fingerprint: alignment.fingerprint,
      size: alignment.size,
      ...(detector !== undefined && { detector }),
    },
    seed,
    seconds: sum(({ seconds }) => seconds),
  };
}

/** The dataset may not be written into one of its parts, or around them. */
function requireOutside(parts: readonly FoundPart[], directory: string): void {
  for (const part of parts) {
    const paths = [relative(part.directory, directory), relative(directory, part.directory)];
    if (!paths.some((path) => path === '' || !(path.startsWith('..') || resolve(path) === path))) continue;
    throw new FacewrightError({
      what: 'The dataset cannot be written over its own parts.',
      where: directory,
      todo: 'Choose a directory beside the parts with --out.',
    });
  }
}
