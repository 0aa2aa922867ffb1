/**
 * In-memory files for browsers, with the names and errors of Node's functions. What training writes (checkpoints, the
 * model) stays in the page or worker until it is read or the page is closed. Paths are absolute or relative to the
 * root, and separated by `/`.
 */
import { joinBytes } from '@facewright/core';
import type { FilePieces } from '../file-pieces.js';

const files = new Map<string, Uint8Array>();
const directories = new Set<string>();

const missing = (path: string): Error =>
  Object.assign(new Error(`ENOENT: no such file or directory, "${path}"`), { code: 'ENOENT' });
const inside = (directory: string, path: string): boolean => path === directory || path.startsWith(`${directory}/`);
const exists = (path: string): boolean =>
  files.has(path) || [...directories, ...files.keys()].some((known) => inside(path, known));

export function join(...parts: string[]): string {
  const names: string[] = [];
  for (const name of parts.join('/').split('/')) {
    if (name === '..') names.pop();
    else if (name && name !== '.') names.push(name);
  }
  return `${parts[0]?.startsWith('/') ? '/' : ''}${names.join('/')}` || '.';
}

export const dirname = (path: string): string => join(path, '..');
export const basename = (path: string): string => path.replace(/\/+$/, '').split('/').pop()!;

export async function mkdir(path: string, _options?: { readonly recursive?: boolean }): Promise<void> {
  directories.add(join(path));
}

export async function writeFileAtomic(path: string, data: string | Uint8Array | readonly Uint8Array[]): Promise<void> {
  files.set(join(path), typeof data === 'string' ? new TextEncoder().encode(data) : copied(data));
}

const copied = (data: Uint8Array | readonly Uint8Array[]): Uint8Array =>
  joinBytes(data instanceof Uint8Array ? [data] : data);

/** As `readChecked`'s counterpart, for files that are read piece by piece. */
export async function withFile<T>(path: string, use: (file: FilePieces) => Promise<T>): Promise<T> {
  const data = files.get(join(path));
  if (!data) throw missing(path);
  return use({ size: data.length, read: async (offset, length) => data.slice(offset, offset + length) });
}

export function readFile(path: string): Promise<Uint8Array>;
export function readFile(path: string, encoding: 'utf8'): Promise<string>;
export async function readFile(path: string, encoding?: 'utf8'): Promise<Uint8Array | string> {
  const data = files.get(join(path));
  if (!data) throw missing(path);
  return encoding ? new TextDecoder().decode(data) : data.slice();
}

/** Names of the files and directories in a directory, in order. */
export async function readdir(path: string): Promise<string[]> {
  const directory = join(path);
  if (!exists(directory) || files.has(directory)) throw missing(path);
  const below = [...directories, ...files.keys()].filter((known) => known !== directory && inside(directory, known));
  return [...new Set(below.map((known) => known.slice(directory.length + 1).split('/')[0]))].sort();
}

async function rename(from: string, to: string): Promise<void> {
  const [source, target] = [join(from), join(to)];
  if (!exists(source)) throw missing(from);
  const moved = (path: string): string => target + path.slice(source.length);
  for (const [path, data] of [...files]) {
    if (!inside(source, path)) continue;
    files.delete(path);
    files.set(moved(path), data);
  }
  for (const path of [...directories]) {
    if (inside(source, path) && directories.delete(path)) directories.add(moved(path));
  }
}

export async function rm(
  path: string,
  { force = false }: { readonly force?: boolean; readonly recursive?: boolean } = {},
): Promise<void> {
  const target = join(path);
  if (!force && !exists(target)) throw missing(path);
  for (const known of [...files.keys()]) if (inside(target, known)) files.delete(known);
  for (const known of [...directories]) if (inside(target, known)) directories.delete(known);
}

/** The counterpart of Node's function, without lock files, because nobody else sees this memory. */
export async function replaceDirectory(path: string, fill: (aside: string) => Promise<void>): Promise<void> {
  const aside = `${path}.partial`;
  try {
    await mkdir(aside);
    await fill(aside);
    await rm(path, { force: true });
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
}

export const writeWholeDirectory = (
  path: string,
  _options: object,
  fill: (aside: string) => Promise<void>,
): Promise<void> => replaceDirectory(path, fill);

const locked = new Set<string>();

/** Throws if two trainings in one page write to the same directory. */
export async function whileLocked<T>(path: string, _options: object, work: () => Promise<T>): Promise<T> {
  const directory = join(path);
  if (locked.has(directory)) throw new Error(`"${path}" is already being written to`);
  locked.add(directory);
  try {
    return await work();
  } finally {
    locked.delete(directory);
  }
}
