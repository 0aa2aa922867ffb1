/**
 * `facewright dataset`, started as a user would: its output, its files, its exit codes; and preparing data in the
 * formats of other tools.
 */
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { drawPeople, facewright, TINY, temporary, writeConfig } from './helpers/tool.js';

let directory: string;
let people: string;
const at = (name: string): string => join(directory, name);
beforeAll(async () => {
  directory = await temporary();
  people = (await drawPeople(directory)).list;
});

test('info, convert, verify and preview, each with one JSON document', async () => {
  const info = (await facewright(['dataset', 'info', people, '--json'])).json();
  expect(info).toMatchObject({ people: 6, images: 30, withLandmarks: 30 });

  const converted = await facewright([
    'dataset',
    'convert',
    people,
    '--to',
    'insightface-rec',
    '--out',
    at('rec'),
    '--json',
  ]);
  expect(converted.code).toBe(0);
  expect(converted.json()).toMatchObject({ to: 'insightface-rec', people: 6, images: 30, exclusions: [] });

  expect(await facewright(['dataset', 'verify', at('rec'), '--quiet'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('30 images') as string,
  });
  expect(
    (
      await facewright(['dataset', 'preview', at('rec/train.rec'), '--out', at('sheet.png'), '--images', '3', '--json'])
    ).json(),
  ).toEqual({ file: at('sheet.png') });
  expect((await sharp(await readFile(at('sheet.png'))).metadata()).format).toBe('png');
});

test('damaged data ends with exit code 1 and a list', async () => {
  await facewright(['dataset', 'convert', people, '--to', 'webdataset', '--out', at('wds')]);
  await truncate(at('wds/000000.tar'), 5000);
  const cut = await facewright(['dataset', 'verify', at('wds')]);
  expect([cut.code, cut.stderr]).toEqual([1, expect.stringMatching(/error: The tar file is damaged[^]*to do:/)]);

  await facewright(['dataset', 'convert', people, '--to', 'folder', '--out', at('folder')]);
  const list = await readFile(at('folder/landmarks.txt'), 'utf8');
  await writeFile(at('folder/landmarks.txt'), list.replace(/ \S+\n/, '\n'));
  const broken = await facewright(['dataset', 'verify', at('folder/landmarks.txt'), '--json']);
  expect(broken.code).toBe(1);
  expect(broken.json()).toMatchObject({ ok: false, images: 29, problems: [{ reason: 'bad-landmarks' }] });
  expect(await facewright(['dataset', 'convert', people, '--to', 'folder', '--out', at('folder')])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Nothing was overwritten') as string,
  });
  expect((await facewright(['dataset', 'convert', people, '--to', 'lmdb', '--out', at('x')])).stderr).toMatch(
    /Allowed choices are folder, dataset/,
  );
});

test('tar files with landmarks are prepared directly', async () => {
  await facewright(['dataset', 'convert', people, '--to', 'webdataset', '--out', at('shards')]);
  const config = await writeConfig(directory, TINY);
  const prepared = await facewright([
    'prepare',
    '--data',
    at('shards'),
    '--out',
    at('prepared'),
    '--config',
    config,
    '--json',
  ]);
  expect([prepared.code, prepared.stderr]).toEqual([0, expect.any(String)]);
  const dataset = (await facewright(['dataset', 'info', at('prepared'), '--json'])).json();
  expect(dataset).toMatchObject({ format: 'dataset', people: 6, images: 30, looks: { 'jpeg 112×112': 30 } });
});

test('--aligned accepts crops in any format', async () => {
  await facewright(['dataset', 'convert', at('prepared'), '--to', 'webdataset', '--out', at('crops')]);
  const again = await facewright([
    'prepare',
    '--data',
    at('crops'),
    '--aligned',
    '--out',
    at('aligned'),
    '--config',
    await writeConfig(directory, TINY),
    '--json',
  ]);
  expect(again.json()).toMatchObject({ photos: 30, kept: 30, dropped: 0, exclusions: [] });
});
