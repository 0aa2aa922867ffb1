/** Implements `facewright pairs`: selects verification pairs from any folder of people. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import {
  countOf,
  createEventStream,
  createRandom,
  createRunContainer,
  FacewrightError,
  pluginContext,
  sampleColumns,
  throwIfAborted,
  type Photo,
} from '@facewright/core';
import { decodeImage, writeFileAtomic } from '@facewright/platform/node';
import { folder, recogniseFormat, zip } from '@facewright/datasets';
import { drawFoldedPairs } from '@facewright/training';
import { withSession } from '../session.js';
import type { SessionOptions } from '../session.js';

export interface PairsOptions extends SessionOptions {
  readonly data: string;
  readonly out: string;
  readonly count: number;
  readonly folds: number;
  readonly seed: number;
}

export default (options: PairsOptions) =>
  withSession(options, async ({ signal, onEvent, print }) => {
    const events = createEventStream();
    events.subscribe(onEvent);
    const path = resolve(options.data);
    const listed = (await photosOf(path, pluginContext(createRunContainer({ events, signal }), 'pairs'))).filter(
      ({ id }) => {
        const usable = !/[\t\r\n]/.test(id);
        if (!usable)
          events.emit('notice', {
            level: 'warning',
            message: `Skipped a photo because a list cannot contain names with tabs or line breaks: ${JSON.stringify(id)}`,
          });
        return usable;
      },
    );
    const { photos, pairs, left } = await drawUsable(listed, options, signal);
    for (const [why, ids] of left)
      events.emit('notice', {
        level: 'warning',
        message: `Skipped, because ${why}: ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''} (${ids.length}).`,
      });
    const people = [...new Set(photos.map(({ identity }) => identity))];
    const folds = new Set(pairs.map(({ fold }) => fold)).size;
    if (pairs.length < options.count - 2 * folds) {
      events.emit('notice', {
        level: 'warning',
        message: `${countOf(people.length, 'person')} with ${countOf(photos.length, 'photo')} allow only ${countOf(pairs.length, 'pair')} instead of ${options.count}.`,
        todo: 'Add photos, or ask for fewer pairs or folds.',
      });
    }
    if (folds < options.folds)
      events.emit('notice', {
        level: 'warning',
        message: `There are too few people for ${options.folds} folds without shared people, so there are only ${folds}.`,
      });
    const out = resolve(options.out);
    await writeFileAtomic(
      out,
      listText(
        pairs.map(({ a, b, same, fold }) => ({ a: photos[a].id, b: photos[b].id, same, fold })),
        { folds, seed: options.seed },
      ),
    );
    print(`${pairs.length} pairs in ${folds} folds: ${out}`);
    return {
      json: { out, pairs: pairs.length, folds, people: people.length, photos: photos.length, seed: options.seed },
    };
  });

/** Selects pairs, checks their photos, and selects again without the unusable ones until all are usable. */
async function drawUsable(listed: readonly Photo[], { count, seed, folds }: PairsOptions, signal: AbortSignal) {
  const left = new Map<string, string[]>();
  const checked = new Set<string>();
  const unusable = new Set<string>();
  const files = new Map<string, Photo>();
  for (let photos = listed; ;) {
    const people = [...new Set(photos.map(({ identity }) => identity))];
    const columns = sampleColumns(
      photos.map(({ id, identity }) => ({ identity, source: id, kind: 'original' })),
      people,
    );
    const pairs = drawFoldedPairs(columns, count, createRandom(seed).fork('pairs'), folds);
    const drawn = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))].sort((a, b) => a - b).map((index) => photos[index]);
    const before = unusable.size;
    for (const photo of drawn.filter(({ id }) => !checked.has(id))) {
      throwIfAborted(signal, photo.id);
      checked.add(photo.id);
      const problem = await problemOf(photo, files, signal);
      if (problem === undefined) continue;
      const found = problem.photos.filter((id) => !unusable.has(id));
      found.forEach((id) => unusable.add(id));
      left.set(problem.why, [...(left.get(problem.why) ?? []), ...found]);
    }
    if (unusable.size === before) return { photos, pairs, left };
    photos = photos.filter(({ id }) => !unusable.has(id));
  }
}

interface Problem {
  readonly why: string;
  /** The photos that cannot be in a list. */
  readonly photos: readonly string[];
}

/** What is wrong with a photo; `files` are the readable ones so far, by hash. */
async function problemOf(photo: Photo, files: Map<string, Photo>, signal: AbortSignal): Promise<Problem | undefined> {
  const { id, identity } = photo;
  try {
    const bytes = await photo.bytes({ signal });
    await decodeImage(bytes, { where: id });
    const hash = createHash('sha256').update(bytes).digest('hex');
    const first = files.get(hash);
    if (!first) return void files.set(hash, photo);
    if (first.identity === identity) return { why: 'the same file exists under another name', photos: [id] };
    // one of the folders is wrong, and nothing says which
    return { why: 'the same file is in the folders of two people', photos: [first.id, id] };
  } catch (error) {
    throwIfAborted(signal, id);
    if (!(error instanceof FacewrightError)) throw error;
    return { why: 'they are unreadable', photos: [id] };
  }
}

async function photosOf(path: string, context: Parameters<ReturnType<typeof folder>['create']>[0]): Promise<Photo[]> {
  const { format } = await recogniseFormat(path);
  if (format === 'dataset')
    throw new FacewrightError({
      what: 'This is a prepared dataset, whose images have no paths.',
      where: path,
      todo: 'Evaluate on it without a list: facewright evaluate --model <dir> --data <it>.',
    });
  if (!['folder', 'flat-folder', 'zip'].includes(format))
    throw new FacewrightError({
      what: `Pairs can be drawn from a folder or zip file of people, but this is ${format}.`,
      where: path,
      todo: 'Convert it first: facewright dataset convert <it> --to folder --out <dir>.',
    });
  const reader = await (format === 'zip' ? zip({ path }) : folder({ path })).create(context);
  const photos: Photo[] = [];
  for await (const identity of reader.identities()) photos.push(...identity.photos);
  return photos;
}

function listText(
  pairs: readonly { readonly a: string; readonly b: string; readonly same: boolean; readonly fold: number }[],
  { folds, seed }: { folds: number; seed: number },
): string {
  // a name starting with # would be skipped as a comment, and one starting with a space would lose it
  const cell = (path: string): string => (/^[#\s]/.test(path) ? `./${path}` : path);
  const head = [
    `# ${pairs.length} pairs in ${folds} folds that share no person, seed ${seed}`,
    '# pathA, pathB, 1 for the same person or 0 for different people, fold',
  ];
  return `${[...head, ...pairs.map(({ a, b, same, fold }) => `${cell(a)}\t${b}\t${same ? 1 : 0}\t${fold}`)].join('\n')}\n`;
}
