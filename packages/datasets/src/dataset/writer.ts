/** Writes a dataset directory: tar shards, a binary index and `dataset.json`. It only appears under its name when everything is on disk. */
import {
  FacewrightError,
  type EncodedSample,
  type Exclusion,
  type ResumableWriter,
  type Sample,
  type WrittenPhotos,
} from '@facewright/core';
import {
  createWholeDirectory,
  encodeImage,
  piecesOf,
  writeFileAtomic,
  type WholeDirectory,
} from '@facewright/platform/node';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { imageEnding, safeName, stemOf } from '../writers/names.js';
import { DATASET_FILE, DATASET_VERSION, EXCLUDED_FILE, INDEX_FILE, type DatasetFile } from './dataset-file.js';
import type { IndexRecord } from './index-format.js';
import { GrowingFile } from './growing-file.js';
import { IndexWriter } from './index-writer.js';
import {
  beginJournal,
  endJournal,
  isJournalOf,
  readEntries,
  readNotes,
  writeEntry,
  type ShardEntry,
} from './journal.js';
import { createShardWriter, type ShardFile, type ShardWriter } from './shard-writer.js';

export interface DatasetWriterOptions {
  /** `jpeg` is the original project's choice (quality 95, 4:2:0); `png` is lossless. */
  readonly format?: 'jpeg' | 'png';
  /**
   * A shard is closed before it would exceed this many bytes; at most 4 GiB − 1. A kill loses the open shard, which is
   * a few minutes of detection.
   */
  readonly shardBytes?: number;
  /** Whether `finish` may replace an older dataset. Default: `true`. */
  readonly replace?: boolean;
}

/** Also accepts images that are already encoded, and stores their bytes unchanged. */
export interface EncodedDatasetWriter extends ResumableWriter {
  addEncoded(sample: Sample, bytes: Uint8Array): Promise<void>;
}

/**
 * Creates a writer for `directory`, which must be new, empty or an older dataset (replaced by `finish`). Images are
 * encoded as they come, several at once if `add` is not awaited, and written in call order. The directory is locked
 * until the writer ends by any of its methods. Throws a `FacewrightError` if the directory is taken, or another process
 * is writing to it.
 */
export async function createDatasetWriter(
  directory: string,
  { format = 'jpeg', shardBytes = 64 * 2 ** 20, replace }: DatasetWriterOptions = {},
): Promise<EncodedDatasetWriter> {
  if (!(shardBytes > 0 && shardBytes < 2 ** 32))
    throw new RangeError(`shardBytes must be above 0 and below 2^32, got ${shardBytes}`);
  const place = await createWholeDirectory(directory, { kind: 'dataset', marker: DATASET_FILE, replace, keep: true });
  const state = new WriterState(directory, place, format, shardBytes);
  let tail: Promise<unknown> = Promise.resolve();
  let ended = false;
  let begun = false;

  const end = (): void => {
    if (ended) throw new Error('the dataset writer has already been finished or aborted');
    ended = true;
  };
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    if (ended) return Promise.reject(new Error('the dataset writer has already been finished or aborted'));
    begun = true;
    const done = tail.then(work);
    tail = done;
    done.catch(() => undefined); // also rejects the next call
    return done;
  };
  const addInTurn = (sample: Sample, encoded: Promise<Uint8Array>): Promise<void> => {
    encoded.catch(() => undefined); // awaited below, in its turn
    return inTurn(async () => state.append(sample, await encoded));
  };

  return {
    format,
    resume: async (key) => {
      if (begun || ended) throw new Error('a dataset can only be resumed before anything is added to it');
      begun = true;
      return state.resume(key);
    },
    add: (sample, image) => addInTurn(sample, ended ? Promise.resolve(new Uint8Array()) : encodeImage(image, format)),
    exclude: (exclusion) => inTurn(() => state.exclude(exclusion)),
    addEncoded: (sample, bytes) => addInTurn(sample, Promise.resolve(bytes)),
    addPhoto: (images, note, encoder) => inTurn(() => state.appendPhoto(images, note, encoder)),
    finish: async (summary) => {
      end();
      try {
        await tail;
        await state.finish(summary);
      } catch (error) {
        await state.discard();
        throw error;
      }
    },
    abort: async () => {
      if (ended) return;
      end();
      await tail.catch(() => undefined);
      await state.discard();
    },
    suspend: async () => {
      if (ended) return;
      end();
      await tail.catch(() => undefined);
      await state.suspend();
    },
  };
}

/** The directory the images are written to. */
interface OpenFiles {
  readonly shards: ShardWriter;
  readonly index: IndexWriter;
  readonly excluded: GrowingFile;
}

/** What has been written so far, and where. */
class WriterState {
  private readonly labels = new Map<string, number>();
  private files: Promise<OpenFiles> | undefined;
  private key: string | undefined;
  private notes: unknown[] = [];
  private encoder: string | undefined;
  /** Records that are not in the journal yet, if one is kept. */
  private records: IndexRecord[] = [];
  /** How much the journal covers. */
  private journaled = { labels: 0, shards: 0 };

  constructor(
    private readonly directory: string,
    private readonly place: WholeDirectory,
    private readonly format: 'jpeg' | 'png',
    private readonly shardBytes: number,
  ) {}

  async resume(key: string): Promise<WrittenPhotos> {
    this.key = `${key} ${this.format} ${this.shardBytes}`;
    const { aside } = this.place;
    if (!(await isJournalOf(aside, this.key))) await this.place.empty();
    const { index, excluded } = await this.openLists();
    const shards: ShardFile[] = [];
    let count = 0;
    for await (const { shard, records, identities, encoder, notes: own } of readEntries(aside)) {
      shards.push(shard);
      for (const record of records) await index.add(record);
      for (const name of identities) this.labels.set(name, this.labels.size);
      count += own.length;
      this.encoder = encoder ?? this.encoder;
    }
    await beginJournal(aside, this.key);
    this.journaled = { labels: this.labels.size, shards: shards.length };
    this.files = Promise.resolve({ shards: this.shardWriter(shards), index, excluded });
    return { count, notes: () => readNotes(aside, shards) };
  }

  async append({ identity, source, kind, landmarks }: Sample, bytes: Uint8Array, together = false): Promise<void> {
    const { shards, index } = await this.open();
    const { shard, offset } = await shards.append(
      entryName(identity, source, kind, index.length, imageEnding(bytes)),
      bytes,
      together,
    );
    if (!this.labels.has(identity)) this.labels.set(identity, this.labels.size);
    const record = {
      shard,
      offset,
      size: bytes.length,
      crc: crc32(bytes),
      label: this.labels.get(identity)!,
      source,
      kind,
      ...(landmarks && { landmarks }),
    };
    await index.add(record);
    if (this.key !== undefined) this.records.push(record);
  }

  async appendPhoto(images: readonly EncodedSample[], note: unknown, encoder: string | undefined): Promise<void> {
    const { shards } = await this.open();
    if (images.length)
      await shards.makeRoom(
        images.length,
        images.reduce((sum, { bytes }) => sum + bytes.length, 0),
      );
    this.encoder = encoder ?? this.encoder;
    if (this.key !== undefined) this.notes.push(note);
    for (const { sample, bytes } of images) await this.append(sample, bytes, true);
  }

  /** A preparation that goes on lists all of them again. */
  async exclude(exclusion: Exclusion): Promise<void> {
    const { excluded } = await this.open();
    await excluded.write(`${JSON.stringify(exclusion)}\n`);
  }

  async finish(summary: Parameters<ResumableWriter['finish']>[0]): Promise<void> {
    const { shards, index, excluded } = await this.open();
    if (index.length === 0 && !summary.part)
      // a part may hold only people of whom nothing was kept
      throw new FacewrightError({
        what: 'No images were left to write, so no dataset was created.',
        where: this.directory,
        todo: 'The list of excluded photos gives the reasons.',
      });
    const { place } = this;
    await excluded.close();
    const files = [
      ...(await shards.finish()),
      { name: EXCLUDED_FILE, size: excluded.size, sha256: await sha256Of(join(place.aside, EXCLUDED_FILE)) },
      { name: INDEX_FILE, ...(await index.finish(join(place.aside, INDEX_FILE))) },
    ];
    const image = { format: this.format, ...(this.encoder !== undefined && { encoder: this.encoder }) };
    const record: DatasetFile = {
      format: 'facewright-dataset',
      version: DATASET_VERSION,
      image,
      ...(summary.part && { shardBytes: this.shardBytes }),
      identities: [...this.labels.keys()],
      files,
      summary,
    };
    await writeFileAtomic(join(place.aside, DATASET_FILE), `${JSON.stringify(record, null, 1)}\n`);
    await endJournal(place.aside);
    await place.publish();
  }

  async discard(): Promise<void> {
    await this.close();
    await this.place.discard();
  }

  /** Keeps complete shards. Without any, nothing is worth keeping. */
  async suspend(): Promise<void> {
    if (this.key === undefined || this.journaled.shards === 0) return this.discard();
    await this.close();
    this.place.suspend();
  }

  /** The lists are written anew from the journal if the work is resumed. Files that could not be opened need no closing. */
  private async close(): Promise<void> {
    const files = await this.files?.catch(() => undefined);
    await files?.shards.close();
    await files?.index.abandon();
    await files?.excluded.abandon();
  }

  private open(): Promise<OpenFiles> {
    this.files ??= this.place.empty().then(async () => ({
      shards: this.shardWriter([]),
      ...(await this.openLists()),
    }));
    return this.files;
  }

  private async openLists(): Promise<Pick<OpenFiles, 'index' | 'excluded'>> {
    const { aside } = this.place;
    return { index: await IndexWriter.create(aside), excluded: await GrowingFile.create(join(aside, EXCLUDED_FILE)) };
  }

  private shardWriter(before: readonly ShardFile[]): ShardWriter {
    const { aside } = this.place;
    return createShardWriter(aside, this.shardBytes, before, async (shard) => {
      if (this.key === undefined) return;
      const entry: ShardEntry = {
        shard,
        records: this.records,
        identities: [...this.labels.keys()].slice(this.journaled.labels),
        notes: this.notes,
        ...(this.encoder !== undefined && { encoder: this.encoder }),
      };
      await writeEntry(aside, entry);
      this.notes = [];
      this.records = [];
      this.journaled = { labels: this.labels.size, shards: this.journaled.shards + 1 };
    });
  }
}

/** The name in the tar file, for people and other programs; this package uses the index. The number keeps it unique. */
const entryName = (identity: string, source: string, kind: string, number: number, ending: string): string =>
  `${safeName(identity)}/${safeName(stemOf(source))}-${number}.${safeName(kind)}.${ending}`;

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOf(path)) hash.update(piece);
  return hash.digest('hex');
}
