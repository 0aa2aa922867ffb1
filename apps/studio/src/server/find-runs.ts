/** Finds run directories: the given one, or those one or two levels below it. */
import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { FacewrightError, messageOf } from '@facewright/core';

export interface FoundRun {
  /** Real path of its directory. */
  readonly path: string;
  /** Its path relative to the directory searched, with `/`. */
  readonly name: string;
}

const DEEPEST = 2;
const RUNS_EXPECTED = 'Give the directory of a run ("out" in its config), or one that contains several.';

/** Links below `directory` are not followed. Throws a `FacewrightError` if there is no run. */
export async function findRuns(directory: string): Promise<FoundRun[]> {
  const given = resolve(directory);
  const unreadable = (cause: unknown): never => {
    const isFile = (cause as NodeJS.ErrnoException).code === 'ENOTDIR';
    const what = isFile ? 'This is a file, not a directory.' : `Cannot read the directory: ${messageOf(cause)}.`;
    throw new FacewrightError({ what, where: given, todo: RUNS_EXPECTED, cause });
  };
  const root = await realpath(given).catch(unreadable);
  const paths: string[] = [];
  const search = async (path: string, depth: number): Promise<void> => {
    if (await holdsRun(path)) return void paths.push(path);
    if (depth === DEEPEST) return;
    // an unreadable subdirectory does not hide others
    const entries = await readdir(path, { withFileTypes: true }).catch(depth > 0 ? () => [] : unreadable);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
      if (entry.isDirectory() && !entry.name.startsWith('.')) await search(join(path, entry.name), depth + 1);
  };
  await search(root, 0);
  if (!paths.length)
    throw new FacewrightError({
      what: 'There is no run here: a run directory has the file events.jsonl.',
      where: given,
      todo: RUNS_EXPECTED,
    });
  return paths.map((path) => ({ path, name: relative(root, path).split(sep).join('/') || basename(given) }));
}

const holdsRun = (path: string): Promise<boolean> =>
  lstat(join(path, 'events.jsonl')).then(
    (found) => found.isFile() || found.isSymbolicLink(),
    () => false,
  );
