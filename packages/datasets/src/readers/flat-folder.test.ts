import type { Identity, PluginContext } from '@facewright/core';
import { testContext, testReader } from '@facewright/testkit';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { jpeg, temporaryFolder, writeTree } from '../../test/files.js';
import { recogniseFormat } from '../tools/recognise.js';
import { flatFolder } from './flat-folder.js';

const root = temporaryFolder();
beforeAll(async () => {
  const photo = await jpeg();
  writeTree(join(root, 'flat'), {
    'b.jpg': photo,
    'a b.PNG': photo,
    '照片.webp': 'text',
    '.hidden.jpg': photo,
    'notes.txt': 'x',
  });
  writeTree(join(root, 'twice'), { 'a.jpg': photo, 'a.png': photo });
  writeTree(join(root, 'beside'), { 'a.jpg': photo, 'anna/1.jpg': photo });
  writeTree(join(root, 'none'), { 'anna/1.jpg': photo });
});

async function read(
  path: string,
  { aligned = false, ...context }: Partial<PluginContext> & { aligned?: boolean } = {},
): Promise<Identity[]> {
  const reader = await flatFolder({ path: join(root, path), aligned }).create({ ...testContext(), ...context });
  let list: Identity[] = [];
  for (let time = 0; time < 2; time++) {
    list = [];
    for await (const identity of reader.identities()) list.push(identity);
  }
  return list;
}

testReader(() => flatFolder({ path: 'flat' }), {
  name: 'flat-folder',
  baseDirectory: root,
  expected: { 'a b': 1, b: 1, 照片: 1 },
});

test('each photo is a person named after its file, with the extension if names would clash', async () => {
  const people = await read('flat', { aligned: true });
  expect(people.map(({ name, photos }) => [name, photos[0].id, photos[0].aligned])).toEqual([
    ['a b', 'a b.PNG', true],
    ['b', 'b.jpg', true],
    ['照片', '照片.webp', true],
  ]);
  expect((await read('twice')).map(({ name }) => name)).toEqual(['a.jpg', 'a.png']);
});

test('reports this once, and what it skips', async () => {
  const notices: string[] = [];
  const emit: PluginContext['emit'] = (type, event) => void notices.push(`${type} ${JSON.stringify(event)}`);
  await read('beside', { emit });
  expect(notices).toEqual([
    expect.stringMatching(/1 photos directly in .*separate person.*Skipped the folders next to them.*\(1\)/),
  ]);
  await expect(read('none')).rejects.toThrow(/has no photos/);
});

test('a folder is only recognised as flat if it has no subfolders', async () => {
  expect((await recogniseFormat(join(root, 'flat'))).format).toBe('flat-folder');
  for (const name of ['beside', 'none']) expect((await recogniseFormat(join(root, name))).format).toBe('folder');
});
