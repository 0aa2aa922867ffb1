/**
 * Folders and archives that would hang a trusting reader or exhaust its memory: what is readable is read, the rest is
 * skipped with a reason.
 */
import type { Identity } from '@facewright/core';
import { testContext } from '@facewright/testkit';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jpeg, temporaryFolder, writeTree } from '../../test/files.js';
import { tarEntry } from '../dataset/tar-entry.js';
import { datasetInfo } from '../tools/info.js';
import { verifyDataset } from '../tools/verify.js';
import { openImages } from '../verification/images.js';
import { folder } from './folder.js';
import { webdataset } from './webdataset.js';

const root = temporaryFolder();
async function read(plugin: ReturnType<typeof folder> | ReturnType<typeof webdataset>, notices: string[] = []) {
  const context = { ...testContext(), emit: (_: string, event: object) => void notices.push(JSON.stringify(event)) };
  const people: Identity[] = [];
  for await (const person of (await plugin.create(context as never)).identities()) people.push(person);
  return people;
}

/** Headers for files of any size, without their contents. */
async function header(name: string, size: number): Promise<Buffer> {
  const block = Buffer.from(await tarEntry(name, new Uint8Array()));
  block.write(`${size.toString(8).padStart(11, '0')} `, 124, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  );
  return block;
}

test('a tar entry above 2 GiB is skipped; the files next to it are read', async () => {
  const photo = await jpeg();
  const path = join(root, 'large.tar');
  const before = Buffer.concat([await tarEntry('anna/1.jpg', photo), await header('anna/2.jpg', 3 * 2 ** 30)]);
  writeFileSync(path, before);
  truncateSync(path, before.length + 3 * 2 ** 30);
  const [anna] = await read(webdataset({ path }));
  expect(anna.photos.map(({ id }) => id)).toEqual(['anna/1.jpg', 'anna/2.jpg']);
  expect(Buffer.from(await anna.photos[0].bytes())).toEqual(photo);
  await expect(anna.photos[1].bytes()).rejects.toMatchObject({ reason: 'too-large' });
  const { ok, problems } = await verifyDataset(path);
  expect([ok, problems.map(({ reason }) => reason)]).toEqual([false, ['too-large']]);
});

test('a tar entry larger than the file is one clear error', async () => {
  const path = join(root, 'lies.tar');
  writeFileSync(path, Buffer.concat([await header('anna/2.jpg', 3 * 2 ** 30), Buffer.alloc(1024)]));
  await expect(read(webdataset({ path }))).rejects.toThrow(/"anna\/2\.jpg" extends beyond the end/);
  writeFileSync(path, Buffer.concat([Buffer.from(await header('x', 2 ** 25)).fill('L', 156, 157), Buffer.alloc(1024)]));
  await expect(read(webdataset({ path }))).rejects.toThrow(/tar file is damaged/);
});

test.skipIf(process.platform !== 'linux')(
  'names that are not UTF-8 are read, and so is everything next to them',
  async () => {
    const photo = await jpeg();
    const path = writeTree(join(root, 'latin'), { 'anna/1.jpg': photo });
    const person = Buffer.concat([Buffer.from(`${path}/`), Buffer.from('M\xfcller', 'latin1')]);
    mkdirSync(person);
    writeFileSync(Buffer.concat([person, Buffer.from('/\xe4.jpg', 'latin1')]), photo);
    const people = await read(folder({ path }));
    expect(people.map(({ name, photos }) => [name, photos.map(({ id }) => id)])).toEqual([
      ['M%FCller', ['M%FCller/%E4.jpg']],
      ['anna', ['anna/1.jpg']],
    ]);
    expect(Buffer.from(await people[0].photos[0].bytes())).toEqual(photo);
    expect((await datasetInfo(path)).people).toBe(2);
    expect(await verifyDataset(path)).toMatchObject({ ok: true, images: 2 });
    // a list of pairs uses the same form of name
    const images = await openImages(path);
    expect(images.has('M%FCller/%E4.jpg')).toBe(true);
    expect(Buffer.from(await images.bytes('M%FCller/%E4.jpg'))).toEqual(photo);
  },
);

test.skipIf(process.platform === 'win32')(
  'a person linked twice is one person; a pipe and a device are skipped',
  async () => {
    const photo = await jpeg();
    const path = writeTree(join(root, 'linked'), { 'anna/1.jpg': photo });
    symlinkSync('anna', join(path, 'again'));
    symlinkSync(join(path, 'anna'), join(path, 'other'));
    execFileSync('mkfifo', [join(path, 'anna/2.jpg')]);
    symlinkSync('/dev/zero', join(path, 'anna/3.jpg'));
    const notices: string[] = [];
    const people = await read(folder({ path }), notices);
    expect(people.map(({ name }) => name)).toEqual(['anna']);
    expect(notices[0]).toMatch(/links to folders that have already been read: again, other \(2\)/);
    const { problems } = await verifyDataset(path);
    expect(problems.map(({ reason, detail }) => [reason, detail])).toEqual([
      ['unreadable', expect.stringContaining('a pipe')],
      ['unreadable', expect.stringContaining('a device')],
    ]);
  },
);
