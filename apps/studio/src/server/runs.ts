/** The runs of a directory: itself, or those one and two levels below it. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { FacewrightError } from '@facewright/core';
import type { Answer } from './page-files.js';

/** As the page is told of it; addresses are relative to the page. */
interface ListedRun {
  readonly name: string;
  readonly events: string;
  readonly model?: { readonly card: string; readonly weights: string };
}

export interface FoundRun {
  readonly path: string;
  readonly listed: ListedRun;
}

const FILES = {
  'events.jsonl': 'text/plain; charset=utf-8',
  'model/model.json': 'application/json',
  'model/weights.safetensors': 'application/octet-stream',
} as const;
const DEEPEST = 2;

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** Throws a `FacewrightError` where there is none. */
export async function findRuns(directory: string): Promise<FoundRun[]> {
  const root = resolve(directory);
  const paths: string[] = [];
  const search = async (path: string, depth: number): Promise<void> => {
    if (await isFile(join(path, 'events.jsonl'))) return void paths.push(path);
    if (depth === DEEPEST) return;
    const entries = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
      if (depth > 0) return [];
      throw new FacewrightError({ what: 'The directory cannot be read.', where: root, cause });
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
      if (entry.isDirectory() && !entry.name.startsWith('.')) await search(join(path, entry.name), depth + 1);
  };
  await search(root, 0);
  if (!paths.length)
    throw new FacewrightError({
      what: 'There is no run here: a run directory has the file events.jsonl.',
      where: root,
      todo: 'Name the directory of a run ("out" in its config), or one that holds several.',
    });
  return Promise.all(
    paths.map(async (path, number) => {
      const at = `api/runs/${number}`;
      const model =
        (await isFile(join(path, 'model/model.json'))) && (await isFile(join(path, 'model/weights.safetensors')));
      const name = relative(root, path).split(sep).join('/') || basename(root);
      return {
        path,
        listed: {
          name,
          events: `${at}/events.jsonl`,
          ...(model && { model: { card: `${at}/model/model.json`, weights: `${at}/model/weights.safetensors` } }),
        },
      };
    }),
  );
}

/** One of the three files of a run that the page may ask for, `<number>/<file>`, as it is now. */
export async function runFile(runs: readonly FoundRun[], address: string): Promise<Answer> {
  const [, number, name] = /^(\d+)\/(.+)$/.exec(address) ?? [];
  const run = runs[Number(number)];
  const type = FILES[name as keyof typeof FILES];
  if (!run || !type) return { status: 404, body: 'There is no such file.' };
  return { type, body: await readFile(join(run.path, name)) };
}
