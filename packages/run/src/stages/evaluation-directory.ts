/** The output of an evaluation: its metrics, the score of every pair, and the worst pairs as pictures. */
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import type { RgbImage } from '@facewright/core';
import { encodeImage, writeFileAtomic } from '@facewright/platform/node';
import { drawSheet } from '@facewright/datasets';
import type { PairPicture } from '@facewright/report';
import type { Evaluation, WorstPair } from './evaluate.js';
import type { PairSet } from './pair-sets.js';

/** Scores of more pairs are not written, because the file would take gigabytes. */
const MOST_SCORES = 1_000_000;
/** Side of a cell of the sheets in pixels. */
const CELL = 112;
const JPEG_QUALITY = 85;

/** The contents of `evaluation.json` and of the `--json` output. */
export function evaluationDocument<Key>({ verification, scores, worst, images, identification }: Evaluation<Key>) {
  const pair = ({ a, b, score, wrong }: WorstPair<Key>) => ({ a: a.name, b: b.name, score, wrong });
  return {
    verification: verification ?? null,
    ...(identification && { identification }),
    scores,
    worst: { different: worst.filter(({ same }) => !same).map(pair), same: worst.filter(({ same }) => same).map(pair) },
    images,
  };
}

/** The first image of each side of the worst pairs, encoded. */
export async function picturesOf<Key>(
  { worst }: Evaluation<Key>,
  read: (key: Key) => Promise<RgbImage | undefined>,
): Promise<PairPicture[]> {
  const pictures: PairPicture[] = [];
  for (const { a, b, same, score, wrong } of worst) {
    const images: { name: string; bytes: Uint8Array; type: 'image/jpeg' }[] = [];
    for (const { name, images: keys } of [a, b]) {
      const image = await firstOf(keys, read);
      if (image) images.push({ name, bytes: await encodeImage(image, 'jpeg', JPEG_QUALITY), type: 'image/jpeg' });
    }
    pictures.push({ same, score, wrong, images });
  }
  return pictures;
}

async function firstOf<Key>(
  keys: readonly Key[],
  read: (key: Key) => Promise<RgbImage | undefined>,
): Promise<RgbImage | undefined> {
  for (const key of keys) {
    const image = await read(key);
    if (image) return image;
  }
  return undefined;
}

export interface WriteOptions<Key> {
  readonly directory: string;
  readonly set: PairSet<Key>;
  readonly evaluation: Evaluation<Key>;
  readonly pictures: readonly PairPicture[];
  /** The contents of `evaluation.json`. */
  readonly document: unknown;
}

/** The content of each sheet: pairs of one kind, and the captions for right and wrong scores. */
const SHEETS = [
  { name: 'false-accepts.png', same: false, right: 'different', wrongly: 'different: accepted' },
  { name: 'false-rejects.png', same: true, right: 'the same', wrongly: 'the same: refused' },
] as const;

/** Writes `evaluation.json`, `scores.csv`, `false-accepts.png` and `false-rejects.png`, replacing older ones. */
export async function writeEvaluation<Key>({
  directory,
  set,
  evaluation,
  pictures,
  document,
}: WriteOptions<Key>): Promise<void> {
  await writeFileAtomic(join(directory, 'evaluation.json'), `${JSON.stringify(document, null, 2)}\n`);
  for (const { name, same, right, wrongly } of SHEETS) {
    const rows = pictures
      .filter((pair) => pair.same === same)
      .map(({ score, wrong, images }) => ({
        title: score.toFixed(3),
        subtitle: wrong ? wrongly : right,
        ...(wrong && { colour: '#c33' }),
        images: images.map((image) => ({ caption: image.name.split('/').at(-1)!, bytes: async () => image.bytes })),
      }));
    const path = join(directory, name);
    if (rows.length) await writeFileAtomic(path, await drawSheet(rows, CELL));
    else await rm(path, { force: true });
  }
  const scores = join(directory, 'scores.csv');
  if (evaluation.compared.pairs.length <= MOST_SCORES) await writeFileAtomic(scores, scoreTable(set, evaluation));
  else await rm(scores, { force: true });
}

/** `a,b,same,fold,score` per line. */
function scoreTable<Key>({ subjects, a, b, same, fold }: PairSet<Key>, { compared }: Evaluation<Key>): string {
  const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = Array.from(
    compared.pairs,
    (pair, at) =>
      `${cell(subjects[a[pair]].name)},${cell(subjects[b[pair]].name)},${same[pair] ? 1 : 0},${fold[pair]},${compared.scores[at]}`,
  );
  return `${['a,b,same,fold,score', ...lines].join('\n')}\n`;
}
