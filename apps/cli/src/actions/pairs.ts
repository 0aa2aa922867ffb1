/** The work of `facewright pairs`: a list of pairs to verify models on, drawn from any folder of people. */
import { resolve } from 'node:path';
import {
  createEventStream,
  createRandom,
  createRunContainer,
  FacewrightError,
  pluginContext,
  type Photo,
} from '@facewright/core';
import { writeFileAtomic } from '@facewright/platform/node';
import { folder, recogniseFormat, zip } from '@facewright/datasets';
import { drawFoldedPairs } from '@facewright/training';
import { withSession } from '../session.js';
import type { PairsOptions } from '../commands/pairs.js';

export default (options: PairsOptions) =>
  withSession(options, async ({ signal, onEvent, print }) => {
    const events = createEventStream();
    events.subscribe(onEvent);
    const path = resolve(options.data);
    const photos = (await photosOf(path, pluginContext(createRunContainer({ events, signal }), 'pairs'))).filter(
      ({ id }) => {
        const usable = !/[\t\r\n]/.test(id);
        if (!usable)
          events.emit('notice', {
            level: 'warning',
            message: `Left out, because a tab or a line break in a name has no place in a list: ${JSON.stringify(id)}`,
          });
        return usable;
      },
    );
    const people = [...new Set(photos.map(({ identity }) => identity))];
    const labels = new Map(people.map((name, label) => [name, label]));
    const samples = photos.map(({ id, identity }) => ({
      identity,
      source: id,
      kind: 'original',
      label: labels.get(identity)!,
    }));
    const pairs = drawFoldedPairs(
      { identities: people, samples },
      options.count,
      createRandom(options.seed).fork('pairs'),
      options.folds,
    );
    const folds = new Set(pairs.map(({ fold }) => fold)).size;
    if (pairs.length < options.count - 2 * folds) {
      events.emit('notice', {
        level: 'warning',
        message: `${people.length} people with ${photos.length} photos give ${pairs.length} pairs instead of ${options.count}.`,
        todo: 'Give more photos, or ask for fewer pairs or folds.',
      });
    }
    if (folds < options.folds)
      events.emit('notice', {
        level: 'warning',
        message: `There are too few people for ${options.folds} folds that share none: ${folds} are made.`,
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

async function photosOf(path: string, context: Parameters<ReturnType<typeof folder>['create']>[0]): Promise<Photo[]> {
  const { format } = await recogniseFormat(path);
  if (format === 'dataset')
    throw new FacewrightError({
      what: 'This is a prepared dataset: its images have no paths of their own.',
      where: path,
      todo: 'Evaluate on it without a list: facewright evaluate --model <dir> --data <it>.',
    });
  if (!['folder', 'flat-folder', 'zip'].includes(format))
    throw new FacewrightError({
      what: `Pairs are drawn from a folder or a zip file of people; this is ${format}.`,
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
  // a name that begins with # would be passed over as a comment, one that begins with a blank would lose it
  const cell = (path: string): string => (/^[#\s]/.test(path) ? `./${path}` : path);
  const head = [
    `# ${pairs.length} pairs in ${folds} folds that share no person, seed ${seed}`,
    '# pathA, pathB, 1 for one person or 0 for two, fold',
  ];
  return `${[...head, ...pairs.map(({ a, b, same, fold }) => `${cell(a)}\t${b}\t${same ? 1 : 0}\t${fold}`)].join('\n')}\n`;
}
