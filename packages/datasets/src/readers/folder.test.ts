import { FacewrightError, type Identity, type PluginContext } from '@facewright/core';
import { sharedData } from '@facewright/test/shared-data';
import { testContext, testReader } from '@facewright/testkit';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { jpeg, temporaryFolder, writeTree } from '../../test/files.js';
import { alignedFolder, folder } from './folder.js';

const root = temporaryFolder();
let photo: Buffer;
beforeAll(async () => {
  photo = await jpeg();
  writeTree(join(root, 'people'), {
    'Zoë Saldaña/2 b.jpg': photo,
    'Zoë Saldaña/10.JPEG': photo,
    'Zoë Saldaña/notes.txt': 'x',
    'Zoë Saldaña/.hidden.jpg': photo,
    '王小明/照片 1.png': photo,
    '王小明/2020/summer/x.webp': photo,
    'anna/text.jpg': 'this is no image',
    'anna/b.tif': photo,
    '.git/a.jpg': photo,
    '__MACOSX/a.jpg': photo,
    'empty/readme.md': 'x',
    'loose.jpg': photo,
  });
});

async function read(plugin: ReturnType<typeof folder>, context: Partial<PluginContext> = {}): Promise<Identity[]> {
  const reader = await plugin.create({ ...testContext(), ...context });
  const list: Identity[] = [];
  for await (const identity of reader.identities()) list.push(identity);
  return list;
}
const problem = async (path: string): Promise<FacewrightError> =>
  read(folder({ path })).then(
    () => Promise.reject(new Error('no error')),
    (error: FacewrightError) => error,
  );

testReader(() => folder({ path: join(root, 'people') }), {
  name: 'folder',
  expected: { 'Zoë Saldaña': 2, anna: 2, 王小明: 2 },
});
testReader(() => alignedFolder({ path: 'people' }), {
  name: 'aligned-folder',
  baseDirectory: root,
  expected: { 'Zoë Saldaña': 2, anna: 2, 王小明: 2 },
});

describe('folder', () => {
  test('lists in code unit order, whatever the locale, with paths as ids', async () => {
    const people = await read(folder({ path: join(root, 'people') }));
    expect(people.map(({ name, photos }) => [name, photos.map(({ id }) => id)])).toEqual([
      ['Zoë Saldaña', ['Zoë Saldaña/10.JPEG', 'Zoë Saldaña/2 b.jpg']],
      ['anna', ['anna/b.tif', 'anna/text.jpg']],
      ['王小明', ['王小明/照片 1.png', '王小明/2020/summer/x.webp']],
    ]);
    expect(Buffer.from(await people[2].photos[0].bytes()).equals(photo)).toBe(true);
    expect(people[0].photos[0].aligned).toBeUndefined();
  });

  test('reports loose photos and folders without photos', async () => {
    const notices: string[] = [];
    await read(folder({ path: join(root, 'people') }), {
      emit: (type, event) => void notices.push(`${type} ${JSON.stringify(event)}`),
    });
    expect(notices).toHaveLength(3);
    expect(notices[0]).toMatch(/Skipped photos that are directly in .*: loose\.jpg \(1\)/);
    expect(notices[1]).toMatch(/without photos: empty \(1\)/);
    expect(notices[2]).toMatch(/names are not those of photos: \.md \(1\), \.txt \(1\)/);
  });

  // other systems take both for one folder
  test.skipIf(process.platform !== 'linux')(
    'warns of two folders that differ only in the form of accents',
    async () => {
      const [composed, apart] = ['Zo\u00eb', 'Zoe\u0308'];
      const path = writeTree(join(root, 'accents'), {
        [`${composed}/1.jpg`]: photo,
        [`${apart}/1.jpg`]: photo,
        'Zoe/1.jpg': photo,
      });
      const notices: unknown[] = [];
      const people = await read(folder({ path }), { emit: (_, event) => void notices.push(event) });
      expect(people).toHaveLength(3);
      expect(notices).toEqual([
        expect.objectContaining({
          level: 'warning',
          message: expect.stringMatching(new RegExp(`different people: ${composed} \\(1\\)\\.$`)),
        }),
      ]);
    },
  );

  test('an aligned folder marks its photos', async () => {
    const people = await read(alignedFolder({ path: join(root, 'people') }));
    expect(people.flatMap(({ photos }) => photos).every(({ aligned }) => aligned)).toBe(true);
  });

  test('a photo that has disappeared rejects with the reason "unreadable"', async () => {
    const [person] = await read(folder({ path: writeTree(join(root, 'gone'), { 'a/1.jpg': photo }) }));
    symlinkSync('nowhere', join(root, 'gone/a/2.jpg'));
    const [again] = await read(folder({ path: join(root, 'gone') }));
    expect(person.photos).toHaveLength(1);
    expect(again.photos).toHaveLength(2);
    await expect(again.photos[1].bytes()).rejects.toMatchObject({ name: 'ImageError', reason: 'unreadable' });
  });

  test('for a folder of folders of people, says where the people are', async () => {
    const error = await problem(writeTree(join(root, 'deep'), { 'train/anna/1.jpg': photo, 'test/ben/1.jpg': photo }));
    expect(error.what).toMatch(/level too deep/);
    expect(error.todo).toContain(join(root, 'deep/test'));
  });

  test('follows a linked person, but not a circle of links', async () => {
    const path = writeTree(join(root, 'links'), { 'anna/1.jpg': photo });
    symlinkSync(join(root, 'people/anna'), join(path, 'linked'));
    symlinkSync(path, join(path, 'anna/circle'));
    expect((await read(folder({ path }))).map(({ name, photos }) => [name, photos.length])).toEqual([
      ['anna', 1],
      ['linked', 2],
    ]);
  });

  test.each([
    ['no such folder', () => join(root, 'nowhere'), /folder does not exist/],
    ['a file', () => join(root, 'people/loose.jpg'), /a file, not a folder/],
    [
      'an empty folder',
      () => {
        mkdirSync(join(root, 'void'), { recursive: true });
        return join(root, 'void');
      },
      /is empty/,
    ],
    ['one loose photo', () => writeTree(join(root, 'one'), { 'a.jpg': photo }), /one photo directly/],
    ['loose photos', () => writeTree(join(root, 'many'), { 'a.jpg': photo, 'b.jpg': photo }), /2 photos directly/],
    [
      'folders without photos',
      () => writeTree(join(root, 'texts'), { 'a/a.txt': '', 'b/b.txt': '' }),
      /2 subfolders, but no photos in any of them, only other files: \.txt \(2\)/,
    ],
    [
      'only archives',
      () => writeTree(join(root, 'zips'), { 'a.zip': '', 'b.zip': '' }),
      /only other files: \.zip \(2\)/,
    ],
  ])('%s is one clear error', async (_, make, what) => {
    const path = make();
    const error = await problem(path);
    expect(error).toBeInstanceOf(FacewrightError);
    expect(error.what).toMatch(what);
    expect(error.where).toBe(path);
    expect(error.todo).toBeTruthy();
  });

  test('a folder with an archive in it says to give the archive', async () => {
    const error = await problem(writeTree(join(root, 'packed'), { 'readme.txt': '', 'lfw.zip': '' }));
    expect(error.todo).toContain('Or give the path of the .zip file itself.');
  });

  test.skipIf(!process.seteuid || process.platform === 'win32')('an unreadable folder is one clear error', async () => {
    const path = writeTree(join(root, 'closed'), { 'anna/1.jpg': photo, 'secret/1.jpg': photo });
    chmodSync(root, 0o755);
    chmodSync(join(path, 'secret'), 0);
    const isRoot = process.geteuid!() === 0;
    if (isRoot) process.seteuid!(65534); // root can open every folder
    try {
      const error = await problem(path);
      expect(error.what).toMatch(/do not have permission to read/);
      expect(error.where).toBe(join(path, 'secret'));
    } finally {
      if (isRoot) process.seteuid!(0);
      chmodSync(join(path, 'secret'), 0o755);
    }
  });

  const people = sharedData('people');
  test.skipIf(!people)('reads a real folder of people (needs ../shared/data/people)', async () => {
    const counts = Object.fromEntries(
      (await read(folder({ path: people! }))).map(({ name, photos }) => [name, photos.length]),
    );
    expect(Object.keys(counts)).toEqual([
      'lionel_messi',
      'maria_sharapova',
      'roger_federer',
      'serena_williams',
      'virat_kohli',
    ]);
    expect(Object.values(counts).every((count) => count >= 58 && count <= 104)).toBe(true);
  });

  test('Ctrl-C stops the listing', async () => {
    const aborted = new AbortController();
    aborted.abort();
    await expect(read(folder({ path: join(root, 'people') }), { signal: aborted.signal })).rejects.toThrow(
      'Interrupted',
    );
  });
});
