import { FacewrightError, type Identity, type PluginContext } from '@facewright/core';
import { testContext, testReader } from '@facewright/testkit';
import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decoded, golden, IMAGES } from '../../test/formats.js';
import { temporaryFolder, writeTree } from '../../test/files.js';
import { insightFaceRec } from './insightface-rec.js';

const root = temporaryFolder();
for (const kind of ['numbered', 'pairs'] as const) {
  const { rec, idx, lst } = golden[kind];
  writeTree(join(root, kind), { 'train.rec': decoded(rec), 'train.idx': idx, 'train.lst': lst });
  writeTree(join(root, `${kind}-bare`), { 'train.rec': decoded(rec) });
  writeTree(join(root, `${kind}-index`), { 'train.rec': decoded(rec), 'train.idx': idx });
}
writeTree(root, {
  'plain.rec': decoded(golden.plain),
  'text.rec': 'no record at all',
  'two/a.rec': '',
  'two/b.rec': '',
});

async function read(path: string, context: Partial<PluginContext> = {}, aligned?: boolean): Promise<Identity[]> {
  const reader = await insightFaceRec({ path: join(root, path), aligned }).create({ ...testContext(), ...context });
  const list: Identity[] = [];
  for await (const identity of reader.identities()) list.push(identity);
  return list;
}
const contents = async (people: readonly Identity[]): Promise<unknown> =>
  Promise.all(
    people.map(async ({ name, photos }) => [
      name,
      await Promise.all(photos.map(async ({ bytes }) => Buffer.from(await bytes()).toString('latin1'))),
    ]),
  );
const expected = (names: readonly string[]): unknown =>
  [
    [0, 2],
    [2, 3],
    [3, 5],
  ].map(([from, to], index) => [names[index], IMAGES.slice(from, to).map((image) => image.toString('latin1'))]);

testReader(() => insightFaceRec({ path: 'numbered/train.rec' }), {
  name: 'insightface-rec',
  baseDirectory: root,
  expected: { p7: 2, p0: 1, p3: 2 },
});
testReader(() => insightFaceRec({ path: 'plain.rec' }), {
  name: 'insightface-rec, images only',
  baseDirectory: root,
  expected: { 1: 2, 0: 1 },
});

describe('insightface-rec', () => {
  test.each(['numbered', 'pairs'])(
    'reads what face2rec2 writes (%s), with and without the accompanying files',
    async (kind) => {
      expect(await contents(await read(kind))).toEqual(expected(['p7', 'p0', 'p3']));
      expect((await read(kind))[2].photos.map(({ id, aligned }) => [id, aligned])).toEqual([
        ['people/p3/0.jpg', true],
        ['people/p3/1.jpg', true],
      ]);
      for (const path of [`${kind}-bare`, `${kind}-index`]) {
        const people = await read(path);
        expect(await contents(people)).toEqual(expected(['7', '0', '3']));
        expect(people[0].photos.map(({ id }) => id)).toEqual(['7/1.jpg', '7/2.jpg']);
      }
      expect((await read(kind, {}, false))[0].photos[0].aligned).toBeUndefined();
    },
  );

  test('reads what im2rec writes: only images', async () => {
    const latin1 = IMAGES.map((image) => image.toString('latin1'));
    expect(await contents(await read('plain.rec'))).toEqual([
      ['1', [latin1[0], latin1[2]]],
      ['0', [latin1[1]]],
    ]);
  });

  test('ignores an index or list that belongs to other records', async () => {
    const notices: unknown[] = [];
    const emit = (_: string, event: unknown): void => void notices.push(event);
    const { rec, idx, lst } = golden.numbered;
    writeTree(join(root, 'other'), {
      'train.rec': decoded(rec),
      'train.idx': idx.split('\n').slice(0, -2).join('\n'),
      'train.lst': lst.replace('\t0\n', '\t9\n'),
    });
    expect(await contents(await read('other', { emit }))).toEqual(expected(['7', '0', '3']));
    expect(notices).toHaveLength(1);
    writeTree(join(root, 'broken'), { 'train.rec': decoded(rec), 'train.idx': '0\t0\n1\tx\n' });
    await expect(read('broken')).rejects.toMatchObject({
      name: 'FacewrightError',
      where: `${join(root, 'broken/train.idx')}, line 2`,
    });
  });

  test.each([
    ['nowhere', /no \.rec file/],
    ['two', /2 \.rec files/],
    ['text.rec', /damaged at byte 0/],
    ['two/a.rec', /has no images/],
    ['nowhere.rec', /record file does not exist/],
  ])('%s is one clear error', async (path, what) => {
    await expect(read(path)).rejects.toMatchObject({
      name: 'FacewrightError',
      what: expect.stringMatching(what) as string,
    });
  });

  test('any damage gives one of our errors, or people', async () => {
    const whole = decoded(golden.pairs.rec);
    const byte = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(byte, { maxLength: 4 }),
        fc.nat(whole.length),
        fc.boolean(),
        async (edits, length, withIndex) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of edits) bytes[at] = value;
          writeTree(join(root, `fuzz ${withIndex}`), {
            'train.rec': length % 2 ? bytes : bytes.subarray(0, length),
            ...(withIndex && { 'train.idx': golden.pairs.idx }),
          });
          await read(`fuzz ${withIndex}`)
            .then(contents)
            .catch((error: unknown) => expect(error).toBeInstanceOf(FacewrightError));
        },
      ),
      { numRuns: 200 },
    );
  });
});
