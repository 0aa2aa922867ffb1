/**
 * The journal lets an interrupted preparation resume. Next to each complete shard, a file lists its contents and the notes on every photo up to
 * its end. `journal.json` identifies the preparation. The files are deleted when the dataset is finished.
 */
import { FacewrightError } from '@facewright/core';
import { writeFileAtomic } from '@facewright/platform/node';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EXCLUDED_FILE } from './dataset-file.js';
import type { IndexRecord } from './index-format.js';
import { INDEX_PARTS } from './index-writer.js';
import type { ShardFile } from './shard-writer.js';

const KEY_FILE = 'journal.json';
const NOTES = /^shard-\d{5}\.json$/;

export interface ShardEntry {
  readonly shard: ShardFile;
  readonly records: readonly IndexRecord[];
  /** Identities that first occur in this shard, in label order. */
  readonly identities: readonly string[];
  readonly notes: readonly unknown[];
  readonly encoder?: string;
}

const entryPath = (directory: string, shard: string): string => join(directory, shard.replace(/\.tar$/, '.json'));

export const beginJournal = (directory: string, key: string): Promise<void> =>
  writeFileAtomic(join(directory, KEY_FILE), JSON.stringify({ version: 1, key }));

/** Call it once the shard is on disk. NaN, which JSON lacks, does not occur in records. */
export const writeEntry = (directory: string, entry: ShardEntry): Promise<void> =>
  writeFileAtomic(entryPath(directory, entry.shard.name), JSON.stringify(entry));

/** Whether the directory was left behind by a preparation with this key. */
export async function isJournalOf(directory: string, key: string): Promise<boolean> {
  const found = await readJson(join(directory, KEY_FILE));
  return (
    typeof found === 'object' &&
    found !== null &&
    (found as { version?: unknown }).version === 1 &&
    (found as { key?: unknown }).key === key
  );
}

/** The complete shards in order, one at a time. Deletes every other file at the end. */
export async function* readEntries(directory: string): AsyncGenerator<ShardEntry> {
  const kept = new Set([KEY_FILE, EXCLUDED_FILE, ...INDEX_PARTS]);
  for (let number = 0; ; number++) {
    const name = `shard-${String(number).padStart(5, '0')}.tar`;
    const entry = (await readJson(entryPath(directory, name))) as ShardEntry | undefined;
    const size = await stat(join(directory, name)).then(
      (found) => found.size,
      () => -1,
    );
    if (!entry || entry.shard.name !== name || entry.shard.size !== size) break;
    kept.add(name).add(name.replace(/\.tar$/, '.json'));
    yield entry;
  }
  for (const name of await readdir(directory))
    if (!kept.has(name)) await rm(join(directory, name), { recursive: true, force: true });
}

/** The notes in the entries of these shards, one shard's at a time. */
export async function* readNotes(directory: string, shards: readonly ShardFile[]): AsyncGenerator<unknown> {
  for (const { name } of shards) {
    const path = entryPath(directory, name);
    const entry = (await readJson(path)) as ShardEntry | undefined;
    if (!entry)
      throw new FacewrightError({
        what: 'The record of an interrupted preparation has changed while it was resumed.',
        where: path,
        todo: 'Start the preparation again.',
      });
    yield* entry.notes;
  }
}

/** Call it before the dataset gets its final name. */
export async function endJournal(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    if (name === KEY_FILE || NOTES.test(name)) await rm(join(directory, name));
}

const readJson = (path: string): Promise<unknown> =>
  readFile(path, 'utf8')
    .then((text) => JSON.parse(text) as unknown)
    .catch(() => undefined);
