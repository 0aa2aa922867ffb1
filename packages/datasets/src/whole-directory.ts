/** A directory that appears whole or not at all: filled under a temporary name beside its place, then renamed. */
import { partialPath, publish } from '@facewright/platform/node';
import { FacewrightError } from '@facewright/core';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

export interface WholeDirectory {
  /** Where to write meanwhile. */
  readonly aside: string;
  /** Gives the directory its name, in the place of an older one of the same kind. */
  publish(): Promise<void>;
  /** Deletes what was written. */
  discard(): Promise<void>;
}

/**
 * `marker` is the file that every directory of this kind holds: one that is not empty and has none is the user's own and is never replaced,
 * but refused here, before any work. Without a marker any directory that is not empty is refused. What a killed run left aside for the same
 * directory is deleted, unless `keep` says that it is to be gone on with: then it is `aside`.
 */
export async function createWholeDirectory(
  directory: string,
  marker: string | undefined,
  kind: string,
  keep: (leftOver: string) => Promise<boolean> = async () => false,
): Promise<WholeDirectory> {
  const path = resolve(directory);
  await refuseForeign(path, marker, kind);
  const parent = dirname(path);
  await mkdir(parent, { recursive: true });
  let kept: string | undefined;
  for (const name of (await readdir(parent)).sort()) {
    if (!isLeftOver(name, basename(path))) continue;
    const leftOver = join(parent, name);
    if (kept === undefined && (await keep(leftOver))) kept = leftOver;
    else await rm(leftOver, { recursive: true, force: true });
  }
  const aside = kept ?? partialPath(path);
  if (kept === undefined) await mkdir(aside);
  return {
    aside,
    publish: async () => {
      await refuseForeign(path, marker, kind);
      const older = partialPath(path);
      const replaces = await rename(path, older).then(
        () => true,
        () => false,
      );
      await publish(aside, path);
      if (replaces) await rm(older, { recursive: true, force: true });
    },
    discard: () => rm(aside, { recursive: true, force: true }),
  };
}

const isLeftOver = (name: string, of: string): boolean =>
  name.startsWith(`${of}.`) && /^[0-9a-f]{8}\.partial$/.test(name.slice(of.length + 1));

/** Throws a `FacewrightError` where the directory holds something else than what goes there. */
export async function refuseForeign(directory: string, marker: string | undefined, kind: string): Promise<void> {
  const path = resolve(directory);
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new FacewrightError({
      what: `The ${kind} cannot be written: its path is taken by a file or cannot be opened (${error.code}).`,
      where: path,
      todo: 'Name another directory.',
      cause: error,
    });
  });
  const ours =
    marker !== undefined &&
    (await access(join(path, marker)).then(
      () => true,
      () => false,
    ));
  if (names.length > 0 && !ours) {
    throw new FacewrightError({
      what: `The directory is not empty and holds no ${kind}; nothing in it is overwritten.`,
      where: path,
      todo: 'Name an empty or new directory.',
    });
  }
}
