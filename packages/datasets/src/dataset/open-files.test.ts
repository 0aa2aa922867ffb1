import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/files.js';
import { OpenFiles } from './open-files.js';

const root = temporaryFolder();
const paths = Array.from({ length: 20 }, (_, number) => {
  const path = join(root, `${number}`);
  writeFileSync(path, `file ${number}`);
  return path;
});
const text = (files: OpenFiles, number: number): Promise<string> =>
  files.use(number, async (file) => (await file.read(0, file.size)).toString());

test('every file can be read, the most recently used stay open, and closing closes all', async () => {
  const files = new OpenFiles(paths, 4);
  for (const number of [0, 1, 2, 3, 0, 4]) expect(await text(files, number)).toBe(`file ${number}`);
  expect(files.size).toBe(4);
  expect(files.ready(1)).toBeUndefined();
  for (const number of [0, 2, 3, 4]) expect(files.ready(number)?.readSync(5, 1).toString()).toBe(`${number}`);
  await files.close();
  expect(files.size).toBe(0);
});

test('files that are being read stay open, however many', async () => {
  const files = new OpenFiles(paths, 3);
  const all = await Promise.all(Array.from({ length: 200 }, (_, i) => text(files, (i * 7) % 20)));
  expect(all).toEqual(Array.from({ length: 200 }, (_, i) => `file ${(i * 7) % 20}`));
  expect(files.size).toBe(3);
  await files.close();
});

test.skipIf(process.platform !== 'linux')('no file stays open unseen (needs /proc)', async () => {
  const open = (): number =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(root);
      } catch {
        return false; // the one that lists them
      }
    }).length;
  const files = new OpenFiles(paths, 3);
  for (let round = 0; round < 3; round++)
    for (let number = 0; number < 20; number++) await files.use(number, (file) => file.readSync(0, 1));
  await expect.poll(open).toBe(3);
  await files.close();
  expect(open()).toBe(0);
});

test('a file that cannot be opened is an error each time, and is not kept', async () => {
  const files = new OpenFiles([join(root, 'late')], 3);
  await expect(text(files, 0)).rejects.toThrow('ENOENT');
  expect(files.size).toBe(0);
  writeFileSync(join(root, 'late'), 'there');
  expect(await text(files, 0)).toBe('there');
  await files.close();
});
