import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { galleryFolders } from './gallery-folders.js';

const root = await mkdtemp(join(tmpdir(), 'facewright gallery '));
afterAll(() => rm(root, { recursive: true }));

test('folders and links to folders are people; a folder linked twice is one person, with its own name', async () => {
  const [gallery, elsewhere] = [join(root, 'people'), join(root, 'elsewhere')];
  for (const name of ['zoe', 'bob', '.git']) await mkdir(join(gallery, name), { recursive: true });
  await writeFile(join(gallery, 'notes.txt'), '');
  await symlink('zoe', join(gallery, 'ann'));
  await mkdir(join(elsewhere, 'carl'), { recursive: true });
  for (const name of ['carl', 'charles']) await symlink(join(elsewhere, 'carl'), join(gallery, name));
  await symlink('nowhere', join(gallery, 'broken'));
  expect(await galleryFolders(gallery)).toEqual({
    people: ['bob', 'broken', 'carl', 'zoe'],
    repeated: [
      { name: 'ann', sameAs: 'zoe' },
      { name: 'charles', sameAs: 'carl' },
    ],
  });
});
