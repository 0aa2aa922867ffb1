import type { Identity, PluginContext } from '@facewright/core';
import { sharedData } from '@facewright/test/shared-data';
import { testContext, testReader } from '@facewright/testkit';
import { describe, expect, test } from 'vitest';
import { decoded, golden, IMAGES } from '../../test/formats.js';
import { temporaryFolder, writeTree } from '../../test/files.js';
import { zip } from './zip.js';

const root = temporaryFolder();
writeTree(root, {
  'around.zip': decoded(golden.zipOfPeople),
  'people.zip': decoded(golden.zip),
  'text.zip': 'no zip',
  'cut.zip': decoded(golden.zip).subarray(0, -9),
});

async function read(path: string, context: Partial<PluginContext> = {}): Promise<Identity[]> {
  const reader = await zip({ path }).create({ ...testContext({ baseDirectory: root }), ...context });
  const list: Identity[] = [];
  for await (const identity of reader.identities()) list.push(identity);
  return list;
}

testReader(() => zip({ path: 'people.zip' }), { name: 'zip', baseDirectory: root, expected: { all: 5 } });

testReader(() => zip({ path: 'around.zip' }), {
  name: 'zip with a folder around the people',
  baseDirectory: root,
  expected: { b: 2, 'b c': 1, 王: 1 },
});

describe('zip', () => {
  test('a folder around all people is ignored if it contains no photos directly, and people are sorted by name', async () => {
    expect((await read('around.zip')).map(({ name, photos }) => [name, photos.map(({ id }) => id)])).toEqual([
      ['b', ['b/10.PNG', 'b/2.jpg']],
      ['b c', ['b c/1.jpg']],
      ['王', ['王/x/照片.jpg']],
    ]);
    // the loose photo makes "all" a person, and the folders below it belong to that person
    const [all] = await read('people.zip');
    expect(all.photos.map(({ id }) => id)).toEqual([
      'all/b c/1.jpg',
      'all/b/10.PNG',
      'all/b/2.jpg',
      'all/loose.jpg',
      'all/王/x/照片.jpg',
    ]);
    expect(await Promise.all(all.photos.map(async ({ bytes }) => Buffer.from(await bytes())))).toEqual(
      all.photos.map(({ id }) => IMAGES[[...id].length % 5]),
    );
  });

  test.each([
    ['nowhere.zip', /zip file does not exist/],
    ['text.zip', /Cannot read this zip file/],
    ['cut.zip', /Cannot read this zip file/],
  ])('%s is one clear error', async (path, what) => {
    await expect(read(path)).rejects.toMatchObject({
      name: 'FacewrightError',
      what: expect.stringMatching(what) as string,
    });
  });

  const lfw = sharedData('lfw/lfw-112x112.zip');
  test.skipIf(!lfw)('LFW from its zip: 13,233 images of 5,749 people (needs ../shared/data/lfw)', async () => {
    const people = await read(lfw!);
    expect([people.length, people.reduce((sum, { photos }) => sum + photos.length, 0)]).toEqual([5749, 13233]);
    expect(people.find(({ name }) => name === 'George_W_Bush')!.photos).toHaveLength(530);
  });
});
