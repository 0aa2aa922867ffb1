/**
 * `facewright evaluate` and `facewright pairs`, started as a user would, on a tiny model: every kind of set, what is
 * written, what is rejected.
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedData } from '@facewright/test/shared-data';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import {
  drawPeople,
  facewright,
  filesBelow,
  readJson,
  temporary,
  TINY,
  writeConfig,
  writeDetector,
} from './helpers/tool.js';

// each test starts the tool several times, on machines that may be busy
let directory: string;
const at = (name: string): string => join(directory, name);
let model: string;
let folder: string;
interface Document {
  readonly verification: {
    readonly pairs: number;
    readonly accuracy: number;
    readonly folds: number;
    readonly skipped: number;
    readonly operatingPoints: readonly unknown[];
  } | null;
  readonly scores: { readonly same: { readonly pairs: number } | null };
  readonly worst: { readonly different: readonly unknown[] };
  readonly skipped: readonly unknown[];
}
const evaluate = (...options: string[]) =>
  facewright(['evaluate', '--model', model, ...options, '--json'], { cwd: directory });

beforeAll(async () => {
  directory = await temporary();
  const { list, folder: people } = await drawPeople(directory);
  folder = people;
  await writeConfig(directory, { ...TINY, detector: './centre.mjs', licences: { data: 'drawn' } });
  await writeDetector(directory);
  const ended = await facewright(['run', '--data', list, '--out', at('run'), '--quiet'], { cwd: directory });
  expect(ended).toMatchObject({ code: 0 });
  model = at('run/model');
  // aligned crops as files
  expect(
    (await facewright(['dataset', 'convert', at('run/dataset'), '--to', 'folder', '--out', at('crops')])).code,
  ).toBe(0);
});

test('a run leaves its evaluation: metrics, every score, the worst pairs', async () => {
  expect(await filesBelow(at('run/evaluation'))).toEqual([
    'evaluation.json',
    'false-accepts.png',
    'false-rejects.png',
    'scores.csv',
  ]);
  const { verification, worst } = await readJson<Document>(at('run/evaluation/evaluation.json'));
  expect([verification?.pairs, worst.different.length]).toEqual([20, 10]);
  const lines = (await readFile(at('run/evaluation/scores.csv'), 'utf8')).trimEnd().split('\n');
  expect([lines[0], lines.length]).toEqual(['a,b,same,fold,score', 21]);
  expect((await sharp(at('run/evaluation/false-accepts.png')).metadata()).format).toBe('png');
  const report = await readFile(at('run/report.html'), 'utf8');
  for (const text of ['Worst pairs', 'Thresholds', 'Where the time went']) expect(report).toContain(text);
  // the same pairs again, selected from the held-out people
  const again = (await evaluate('--data', at('run/dataset'))).json<Document>();
  expect(again.verification).toEqual(verification);
});

test('pairs from any folder: the same list each time, and it can be used for evaluation', async () => {
  const draw = async (name: string, ...more: string[]) => {
    const ended = await facewright([
      'pairs',
      '--data',
      at('crops'),
      '--out',
      at(name),
      '--count',
      '40',
      '--folds',
      '3',
      '--json',
      ...more,
    ]);
    expect(ended.json()).toMatchObject({ pairs: 36, folds: 3, people: 6 });
    return readFile(at(name), 'utf8');
  };
  const list = await draw('pairs.txt');
  expect(await draw('again.txt')).toBe(list);
  expect(await draw('other.txt', '--seed', '2')).not.toBe(list);
  const plain = await evaluate('--pairs', at('pairs.txt'), '--images', at('crops'), '--out', at('evaluation'));
  expect(plain.code).toBe(0);
  const { verification, skipped } = plain.json<Document>();
  expect(verification).toMatchObject({ pairs: 36, folds: 3, skipped: 0, same: 18, different: 18 });
  expect([verification?.operatingPoints.length, skipped]).toEqual([6, []]);
  expect(await filesBelow(at('evaluation'))).toEqual([
    'evaluation.json',
    'false-accepts.png',
    'false-rejects.png',
    'report.html',
    'scores.csv',
  ]);
  expect(await readFile(at('evaluation/report.html'), 'utf8')).toContain('Evaluation of a model');
  const card = await readJson<{ metrics: { on: string; accuracy: number }[]; trained: object; licences: object }>(
    join(model, 'model.json'),
  );
  expect(card.metrics.map(({ on }) => on).sort()).toEqual([
    'dataset, people held out',
    'pairs.txt',
    'people held out of training',
  ]);
  expect(card.metrics.find(({ on }) => on === 'pairs.txt')!.accuracy).toBe(verification!.accuracy);
  expect(card).toMatchObject({
    licences: { data: 'drawn' },
    trained: { batch: 8, stages: [{ loss: { name: 'softmax' } }, { loss: { name: 'arcface' } }] },
  });
  const flipped = (await evaluate('--pairs', at('pairs.txt'), '--images', at('crops'), '--flip')).json<Document>();
  expect(flipped.scores.same).not.toEqual(plain.json<Document>().scores.same);
  // photos: detected and aligned first
  const photos = await facewright([
    'pairs',
    '--data',
    folder,
    '--out',
    at('photos.txt'),
    '--count',
    '20',
    '--folds',
    '2',
    '--quiet',
  ]);
  expect(photos.code).toBe(0);
  expect(
    (await evaluate('--pairs', at('photos.txt'), '--images', folder, '--no-aligned')).json<Document>().verification,
  ).toMatchObject({ folds: 2, skipped: 0 });
});

test('templates of several images', async () => {
  const files = (await filesBelow(at('crops'))).filter((name) => name.endsWith('.jpg'));
  // two templates per person, each with two images
  const lines = [...new Set(files.map((name) => name.split('/')[0]))].flatMap((person) =>
    files
      .filter((name) => name.startsWith(`${person}/`))
      .slice(0, 4)
      .map((name, index) => `${name}\t${person}-${index >> 1}\t${person}`),
  );
  await writeFile(at('templates.txt'), lines.join('\n'));
  expect(
    (await evaluate('--templates', at('templates.txt'), '--images', at('crops'))).json<Document>().verification,
  ).toMatchObject({ pairs: 66, same: 6, different: 60 });
  await writeFile(
    at('template-pairs.txt'),
    lines
      .flatMap((line) => lines.slice(0, 8).map((other) => `${line.split('\t')[1]} ${other.split('\t')[1]}`))
      .join('\n'),
  );
  const ended = await evaluate(
    '--templates',
    at('templates.txt'),
    '--pairs',
    at('template-pairs.txt'),
    '--images',
    at('crops'),
  );
  expect(ended.json<Document>().verification).toMatchObject({ pairs: 192 });
});

test('images with another alignment are rejected', async () => {
  const path = join(model, 'model.json');
  const card = await readFile(path, 'utf8');
  await writeFile(path, card.replace(/("fingerprint": ")/, '$1another '));
  try {
    const [onData, onPhotos] = [
      await evaluate('--data', at('run/dataset')),
      await evaluate('--pairs', at('photos.txt'), '--images', folder, '--no-aligned'),
    ];
    for (const ended of [onData, onPhotos])
      expect([ended.code, ended.json()]).toEqual([
        1,
        {
          error: expect.objectContaining({
            what: expect.stringMatching(/aligned as "insightface-5.*trained on "another insightface-5/) as string,
          }) as unknown,
        },
      ]);
  } finally {
    await writeFile(path, card);
  }
});

test('unusable input is one clear error, and pairs of one kind are reported', async () => {
  const nothing = await evaluate();
  expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('There is nothing to evaluate on.')]);
  const [image] = (await filesBelow(at('crops'))).filter((name) => name.endsWith('.jpg'));
  await writeFile(at('same.txt'), `${image}\t${image}\t1\n`);
  const same = await evaluate('--pairs', at('same.txt'), '--images', at('crops'));
  expect([same.code, same.json<Document>()]).toEqual([
    0,
    expect.objectContaining({
      verification: null,
      scores: {
        same: expect.objectContaining({ pairs: 1, mean: expect.closeTo(1, 5) as number }) as unknown,
        different: null,
      },
    }),
  ]);
  expect(same.stderr).toContain('only scores and no accuracy');
  await writeFile(at('wrong.txt'), 'x.jpg\ty.jpg\t1\nx.jpg\tz.jpg\t0\n');
  const wrong = await evaluate('--pairs', at('wrong.txt'), '--images', at('crops'), '--out', at('nothing'));
  expect([wrong.code, wrong.stderr]).toEqual([
    1,
    expect.stringContaining(
      'None of the 2 pairs can be compared: no image can be used ("x.jpg": The image does not exist; "y.jpg"',
    ),
  ]);
  expect(await readJson<object>(at('nothing/evaluation.json'))).toMatchObject({
    verification: null,
    skipped: ['x.jpg', 'y.jpg', 'z.jpg'].map((path) => ({ path, reason: 'The image does not exist.' })),
  });
  const one = await facewright(['pairs', '--data', at('run'), '--out', at('none.txt')]);
  expect([one.code, existsSync(at('none.txt'))]).toEqual([1, false]);
  expect((await facewright(['pairs', '--data', at('run/dataset'), '--out', at('none.txt')])).stderr).toContain(
    'This is a prepared dataset',
  );
});

test('images under another name: the difference is named, where all are missing and where some are', async () => {
  const list = await readFile(at('pairs.txt'), 'utf8');
  await writeFile(at('renamed.txt'), list.replaceAll('.jpg', '.png'));
  const hint = /is there as ".*\.jpg", and \d+ more in the same way: the names differ by their extension/;
  const all = await evaluate('--pairs', at('renamed.txt'), '--images', at('crops'), '--out', at('renamed'));
  expect([all.code, all.stderr]).toEqual([1, expect.stringMatching(hint)]);
  expect(all.json<{ error: { todo: string } }>().error.todo).toMatch(hint);
  expect((await readJson<{ hint: string }>(at('renamed/evaluation.json'))).hint).toMatch(hint);
  const [line] = list.split('\n').filter((each) => each.includes('.jpg'));
  await writeFile(at('one.txt'), `${list.trimEnd()}\n${line.replaceAll('.jpg', '.png')}\n`);
  const some = await facewright(
    ['evaluate', '--model', model, '--pairs', at('one.txt'), '--images', at('crops'), '--quiet'],
    { cwd: directory },
  );
  expect(some.stdout).toMatch(/1 pair skipped: 2 images could not be used\n {2}.*\.png: The image does not exist/);
  expect(some.stdout).toMatch(/the names differ by their extension/);
});

test('figures by group, of identification, and without the people of a dataset', async () => {
  const people = [...new Set((await filesBelow(at('crops'))).map((name) => name.split('/')[0]))].filter(
    (name) => !name.includes('.'),
  );
  await writeFile(at('groups.csv'), people.map((name, index) => `${name},${index % 2 ? 'odd' : 'even'}`).join('\n'));
  const on = ['--pairs', at('pairs.txt'), '--images', at('crops')];
  const found = await evaluate(...on, '--groups', at('groups.csv'), '--identify', '--out', at('grouped'));
  const { groups, identification } = found.json<{
    groups: { groups: { group: string; same: number }[]; across: number; ungrouped: number };
    identification: { enrolled: number; rank1: number; points: object[] };
  }>();
  expect(groups.groups.map(({ group }) => group)).toEqual(['even', 'odd']);
  expect([groups.groups.reduce((sum, { same }) => sum + same, 0), groups.ungrouped]).toEqual([18, 0]);
  expect([identification.enrolled, identification.points.length]).toEqual([3, 3]);
  expect(await readJson<object>(at('grouped/evaluation.json'))).toMatchObject({ groups, identification });
  const report = await readFile(at('grouped/report.html'), 'utf8');
  for (const text of ['By group', 'Largest gap', 'False negative rate (FNIR)']) expect(report).toContain(text);
  const without = await evaluate(...on, '--without', at('run/dataset'));
  expect([without.code, without.stderr]).toEqual([1, expect.stringContaining('All of the pairs show people')]);
});

const bin = sharedData('formats/small_lfw.bin');
test.skipIf(!bin)('an InsightFace .bin includes its images (needs ../shared/data/formats)', async () => {
  const ended = await evaluate('--pairs', bin!);
  expect([ended.code, ended.json<Document>()]).toEqual([
    0,
    expect.objectContaining({
      verification: null,
      skipped: [],
      scores: { same: expect.objectContaining({ pairs: 10 }) as unknown, different: null },
    }),
  ]);
});
