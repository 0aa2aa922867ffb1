/**
 * A directory that appears whole or not at all, in the place of an older one of its kind: filled as `<directory>.partial` under a lock, then
 * renamed. The older one stays where it is until then; for the moment between two renames it is `<directory>.former`.
 */
import { access, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FacewrightError } from '@facewright/core';
import { publish } from './atomic.js';
import { canonicalPath, lockDirectory, type Lock } from './lock.js';

export interface WholeDirectory {
  /** Where to write meanwhile. */
  readonly aside: string;
  /** Gives the directory its name, in the place of an older one of the same kind. */
  publish(): Promise<void>;
  /** Deletes what was written, to begin anew. */
  empty(): Promise<void>;
  /** Deletes what was written, and ends. */
  discard(): Promise<void>;
  /** Ends, and leaves what was written to a later process that asks for it by `keep`. */
  suspend(): void;
}

export interface WholeDirectoryOptions {
  /** What it is, for errors: "dataset". */
  readonly kind: string;
  /**
   * A file that every directory of this kind holds (or several, one of which it holds): one that is not empty and has none is the user's own and
   * is never replaced, but refused here, before any work. Without a marker any directory that is not empty is refused.
   */
  readonly marker?: string | readonly string[];
  /** Whether an older one of this kind may be replaced; `true` unless given. */
  readonly replace?: boolean;
  /** Leaves in `aside` what a killed process left there; `aside` need not exist then before `empty`. Deleted unless given. */
  readonly keep?: boolean;
  /** How long another process that writes there is waited for, in ms; 0 unless given. */
  readonly wait?: number;
}

/** Throws a `FacewrightError` where the place is taken: by something else, by another process that is writing, or by a mount point. */
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

/** `fill` writes the files into the directory it is given; only then it gets its name, and an older directory of that kind goes. */
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
  await exchange(aside, path, (former) => refuseForeign(former, path, options)); // somebody may have written to it just now
  lock.release();
}

/** The same for a directory inside one that the caller has locked: nothing is asked about what stands in its place. */
export async function replaceDirectory(path: string, fill: (aside: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
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

/** A directory with files in it cannot be renamed over: the older one steps aside first, and comes back where that fails. */
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
  // what stays is found by the next one to write here
  if (replaces) await rm(former, { recursive: true, force: true }).catch(() => undefined);
}

const formerOf = (path: string): string => `${path}.former`;

/** After a kill between two renames the older directory has its name again; after one between the second and the deletion it goes. */
async function restoreFormer(path: string): Promise<void> {
  const former = formerOf(path);
  if (!(await exists(former))) return;
  if (await exists(path)) await rm(former, { recursive: true, force: true });
  else await rename(former, path);
}

/** A mount point cannot be renamed: better said now than after hours of work. */
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
      todo: 'Name another directory.',
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
