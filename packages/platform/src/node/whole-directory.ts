/**
 * A directory that appears complete or not at all, possibly replacing an older one of the same kind. It is filled as
 * `<directory>.partial` under a lock, then renamed. The older one stays in place until then; for the moment between two
 * renames it is `<directory>.former`.
 */
import { access, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FacewrightError } from '@facewright/core';
import { publish } from './atomic.js';
import { makeDirectory } from './make-directory.js';
import { canonicalPath, lockDirectory, type Lock } from './lock.js';

export interface WholeDirectory {
  /** Where to write in the meantime. */
  readonly aside: string;
  /** Renames the directory to its final name, replacing an older one of the same kind. */
  publish(): Promise<void>;
  /** Deletes everything written, to start over. */
  empty(): Promise<void>;
  /** Deletes everything written, and ends. */
  discard(): Promise<void>;
  /** Ends, and leaves everything written to a later process that uses `keep`. */
  suspend(): void;
}

export interface WholeDirectoryOptions {
  /** The kind of directory, for errors, e.g. "dataset". */
  readonly kind: string;
  /**
   * A file that every directory of this kind contains (or several, of which it contains one). A non-empty directory
   * without it is the user's own: it is never replaced, but rejected before any work. Without a marker, any non-empty
   * directory is rejected.
   */
  readonly marker?: string | readonly string[];
  /** Whether an older directory of this kind may be replaced. Default: `true`. */
  readonly replace?: boolean;
  /**
   * Keeps in `aside` what a killed process left there; `aside` may then be missing before `empty`. By default it is
   * deleted.
   */
  readonly keep?: boolean;
  /** How long to wait for another process that writes there, in ms; default 0. */
  readonly wait?: number;
}

/**
 * Throws a `FacewrightError` if the place is taken by something else, by another process that is writing, or by a mount
 * point.
 */
export async function createWholeDirectory(directory: string, options: WholeDirectoryOptions): Promise<WholeDirectory> {
  const path = canonicalPath(directory);
  await refuseMountPoint(path);
  const lock = await lockDirectory(path, options);
  const aside = `${path}.partial`;
  const empty = async (): Promise<void> => {
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside);
  };
  try {
    await restoreFormer(path);
    await refuseForeign(path, path, options);
    if (!options.keep) await empty();
  } catch (error) {
    lock.release();
    throw error;
  }
  return {
    aside,
    empty,
    publish: () => putInPlace(aside, path, lock, options),
    discard: async () => {
      try {
        await rm(aside, { recursive: true, force: true });
      } finally {
        lock.release();
      }
    },
    suspend: () => lock.release(),
  };
}

/**
 * `fill` writes the files into the directory it is given. Only then is the directory renamed, and an older one of the
 * same kind removed.
 */
export async function writeWholeDirectory(
  directory: string,
  options: WholeDirectoryOptions,
  fill: (aside: string) => Promise<void>,
): Promise<void> {
  const place = await createWholeDirectory(directory, options);
  try {
    await fill(place.aside);
    await place.publish();
  } catch (error) {
    await place.discard();
    throw error;
  }
}

async function putInPlace(aside: string, path: string, lock: Lock, options: WholeDirectoryOptions): Promise<void> {
  lock.requireHeld();
  await refuseForeign(path, path, options);
  await exchange(aside, path, (former) => refuseForeign(former, path, options)); // someone may have written to it in the meantime
  lock.release();
}

/** The same for a directory inside one that the caller has locked. Does not check what it replaces. */
export async function replaceDirectory(path: string, fill: (aside: string) => Promise<void>): Promise<void> {
  await makeDirectory(dirname(path));
  const aside = `${path}.partial`;
  await rm(aside, { recursive: true, force: true });
  try {
    await mkdir(aside);
    await fill(aside);
    await exchange(aside, path);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * A non-empty directory cannot be replaced by a rename: the older one is moved aside first, and moved back if the
 * rename fails.
 */
async function exchange(aside: string, path: string, check?: (former: string) => Promise<void>): Promise<void> {
  const former = formerOf(path);
  const replaces = await rename(path, former).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    if (replaces) await check?.(former);
    await publish(aside, path);
  } catch (error) {
    if (replaces) await rename(former, path);
    throw error;
  }
  // the next writer here finds anything that stays
  if (replaces) await rm(former, { recursive: true, force: true }).catch(() => undefined);
}

const formerOf = (path: string): string => `${path}.former`;

/**
 * After a kill between the two renames, the older directory gets its name back; after a kill between the second rename
 * and the deletion, it is deleted.
 */
async function restoreFormer(path: string): Promise<void> {
  const former = formerOf(path);
  if (!(await exists(former))) return;
  if (await exists(path)) await rm(former, { recursive: true, force: true });
  else await rename(former, path);
}

/** A mount point cannot be renamed: better to say so now than after hours of work. */
async function refuseMountPoint(path: string): Promise<void> {
  const [there, above] = await Promise.all([stat(path).catch(() => undefined), stat(dirname(path))]);
  if (!there || there.dev === above.dev) return;
  throw new FacewrightError({
    what: 'This directory is a mount point, so it cannot be replaced.',
    where: path,
    todo: `Choose a directory inside it, for example ${join(path, 'new')}.`,
  });
}

async function refuseForeign(
  found: string,
  path: string,
  { kind, marker, replace = true }: WholeDirectoryOptions,
): Promise<void> {
  const names = await readdir(found).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw new FacewrightError({
      what: `Cannot write the ${kind}: there is a file at this path, or it cannot be opened (${error.code}).`,
      where: path,
      todo: 'Choose another directory.',
      cause: error,
    });
  });
  if (names.length === 0) return;
  const markers = typeof marker === 'string' ? [marker] : (marker ?? []);
  const ours = markers.some((name) => names.includes(name));
  if (ours && replace) return;
  throw new FacewrightError({
    what: ours
      ? `There is already a ${kind} here.`
      : `The directory is not empty and is not a ${kind}. Nothing was overwritten.`,
    where: path,
    todo: ours ? 'Use --force to replace it, or choose another directory.' : 'Choose an empty or new directory.',
  });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
