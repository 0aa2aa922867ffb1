import { FacewrightError, landmarkPoints, type Identity, type PluginContext } from '@facewright/core';
import { testContext, testReader } from '@facewright/testkit';
import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decoded, golden, IMAGES } from '../../test/formats.js';
import { temporaryFolder, writeTree } from '../../test/files.js';
import { tarFiles } from './tar-file.js';
import { webdataset } from './webdataset.js';

const root = temporaryFolder();
const tar = decoded(golden.webdataset.tar);
writeTree(root, {
  'set.tar': tar,
  'shards/b.tar': tar,
  'shards/a.tar': tar,
  'empty/x.txt': '',
  'text.tar': 'x'.repeat(2000),
  'cut.tar': tar.subarray(0, 1700),
});

async function read(path: string | string[], context: Partial<PluginContext> = {}): Promise<Identity[]> {
  const reader = await webdataset({ path }).create({ ...testContext({ baseDirectory: root }), ...context });
  const list: Identity[] = [];
  for await (const identity of reader.identities()) list.push(identity);
  return list;
}

testReader(() => webdataset({ path: 'set.tar' }), {
  name: 'webdataset',
  baseDirectory: root,
  expected: { 5: 2, Zoë: 1, someone: 1, '(no label)': 1 },
});
testReader(() => webdataset({ path: 'shards', aligned: true }), {
  name: 'webdataset, a folder of shards',
  baseDirectory: root,
});

describe('webdataset', () => {
  test('finds every file of a tar where Python finds it', async () => {
    const found: Record<string, unknown> = {};
    for await (const { name, offset, size } of tarFiles(join(root, 'set.tar'), () => false))
      found[name] = [offset, size];
    expect(found).toEqual(golden.webdataset.offsets);
  });

  test('reads what the Python package webdataset writes: number, JSON, or folder', async () => {
    const notices: unknown[] = [];
    const people = await read('set.tar', { emit: (_, event) => void notices.push(event) });
    const contents = await Promise.all(
      people.map(async ({ name, photos }) => [
        name,
        await Promise.all(photos.map(async ({ id, bytes }) => [id, Buffer.from(await bytes()).toString('hex')])),
      ]),
    );
    const hex = IMAGES.map((image) => image.toString('hex'));
    expect(contents).toEqual([
      [
        '5',
        [
          ['000000.jpg', hex[0]],
          ['000002.jpg', hex[2]],
        ],
      ],
      ['Zoë', [['000001.png', hex[1]]]],
      ['someone', [[`someone/${'long'.repeat(40)}.jpg`, hex[4]]]],
      ['(no label)', [['nobody.jpg', hex[3]]]],
    ]);
    expect(landmarkPoints(people[1].photos[0].landmarks!)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
      [9, 10.5],
    ]);
    expect(people[3].photos[0].excluded).toMatchObject({
      reason: 'bad-label',
      detail: expect.stringContaining('nobody') as string,
    });
    expect(notices).toEqual([{ level: 'warning', message: expect.stringMatching(/^1 samples .*no image/) as string }]);
  });

  test('several tars are read in order of name, and a repeated key gets its own id', async () => {
    const people = await read('shards');
    expect(people[0].photos.map(({ id }) => id.replace(/\d+\)/, 'n)'))).toEqual([
      '000000.jpg',
      '000002.jpg',
      '000000.jpg (b.tar, byte n)',
      '000002.jpg (b.tar, byte n)',
    ]);
    expect(await read(['shards/a.tar', 'shards/b.tar'])).toHaveLength(people.length);
  });

  test.each([
    ['nowhere.tar', /tar file or folder does not exist/],
    ['empty', /has no \.tar file/],
    ['text.tar', /tar file is damaged/],
    ['cut.tar', /tar file is damaged/],
  ])('%s is one clear error', async (path, what) => {
    await expect(read(path)).rejects.toMatchObject({
      name: 'FacewrightError',
      what: expect.stringMatching(what) as string,
    });
  });

  test('any damage gives one of our errors, or people', async () => {
    const byte = fc.tuple(fc.nat(tar.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(byte, { maxLength: 8 }),
        fc.nat(tar.length),
        fc.boolean(),
        async (edits, length, cut) => {
          const bytes = Buffer.from(tar);
          for (const [at, value] of edits) bytes[at] = value;
          writeTree(root, { 'fuzz.tar': cut ? bytes.subarray(0, length) : bytes });
          await read('fuzz.tar').catch((error: unknown) => expect(error).toBeInstanceOf(FacewrightError));
        },
      ),
      { numRuns: 150 },
    );
  });
});
