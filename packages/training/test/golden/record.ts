/**
 * What a training leaves behind, as reproducible lines of text: its events in order, how it ended, and every file it
 * wrote. Durations, rates per second and the directory's path are omitted; tensors appear as SHA-256.
 */
import { FacewrightError, messageOf, type RunEvent } from '@facewright/core';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { TinyOutcome } from '../tiny-run.js';

const TIMES = new Set(['at', 'time', 'seconds', 'imagesPerSecond', 'perSecond']);
/** Digests that depend on how the state file is written; what they cover is recorded next to them. */
const DIGESTS = new Set(['sha256', 'makings', 'fingerprint']);

/** `directory` is the run's; its path is omitted. */
export async function recordOf({ events, error }: TinyOutcome, directory: string): Promise<string[]> {
  const text = (value: unknown): string => JSON.stringify(value).replaceAll(directory, '…');
  return [...events.map((event) => text(withoutTimes(event))), ...(error ? [text({ error: described(error) })] : [])];
}

export async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(
    paths.sort().map(async (path) => {
      const bytes = await readFile(path);
      const file = relative(directory, path).replaceAll('\\', '/');
      if (!file.endsWith('state.json'))
        return JSON.stringify({ file, sha256: createHash('sha256').update(bytes).digest('hex') });
      const state = Object.entries(JSON.parse(bytes.toString('utf8')) as object);
      return JSON.stringify({ file, ...Object.fromEntries(state.filter(([key]) => !DIGESTS.has(key))) });
    }),
  );
}

const withoutTimes = (event: RunEvent): object =>
  Object.fromEntries(Object.entries(event).filter(([key]) => !TIMES.has(key)));

const described = (error: unknown): object =>
  error instanceof FacewrightError
    ? { name: error.name, what: error.what, todo: error.todo }
    : { message: messageOf(error) };
