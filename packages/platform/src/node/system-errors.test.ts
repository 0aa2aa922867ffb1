/** System errors exactly as Node throws them: what, where and what to do, and never presented as bugs. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FacewrightError } from '@facewright/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockDirectory } from './lock.js';
import { userErrorOf } from './system-errors.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'facewright errors '));
  await mkdir(join(root, 'full/of'), { recursive: true });
  await writeFile(join(root, 'file'), '');
  await symlink('circle', join(root, 'circle'));
});
afterAll(() => rm(root, { recursive: true }));

const thrownBy = (work: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(work)
    .then(
      () => expect.fail('nothing was thrown'),
      (error: unknown) => error,
    );

test.each([
  ['ENOENT', 'none/file', /^There is no such file or directory \(ENOENT, open\)\.$/, (path: string) => readFile(path)],
  ['ENOTDIR', 'file/below', /a file, not a directory/, (path: string) => readFile(path)],
  ['EISDIR', 'full', /a directory, not a file/, (path: string) => writeFile(path, '')],
  ['ENAMETOOLONG', 'x'.repeat(300), /too long/, (path: string) => writeFile(path, '')],
  ['ELOOP', 'circle', /loop of symbolic links/, (path: string) => readFile(path)],
  ['ENOTEMPTY', 'full', /not empty/, (path: string) => rmdir(path)],
  ['EEXIST', 'full', /already something with this name/, (path: string) => mkdir(path)],
])('%s', async (code, name, what, work) => {
  const path = join(root, name);
  const error = await thrownBy(() => work(path));
  expect(error).toMatchObject({ code });
  const known = userErrorOf(error)!;
  expect(known).toBeInstanceOf(FacewrightError);
  expect(known.what).toMatch(what);
  expect([known.where, known.todo]).toEqual([path, expect.stringMatching(/\.$/)]);
  expect(known.cause).toBe(error);
  expect(userErrorOf(new Error('around it', { cause: error }))?.where).toBe(path);
});

test('one path twice is named once', () => {
  const error = Object.assign(new Error('x'), { code: 'EISDIR', syscall: 'rename', path: 'a', dest: 'a' });
  expect(userErrorOf(error)?.where).toBe('a');
});

test('a rename names both paths', async () => {
  const [from, to] = [join(root, 'none'), join(root, 'there')];
  expect(userErrorOf(await thrownBy(() => rename(from, to)))?.where).toBe(`${from} → ${to}`);
});

test.skipIf(process.platform !== 'linux')(
  'a full disk names no path: the error reports the directory being written',
  async () => {
    const lock = await lockDirectory(join(root, 'out'), { inside: true });
    const full = openSync('/dev/full', 'w'); // every write to it fails this way
    const known = userErrorOf(await thrownBy(() => writeSync(full, 'x')));
    closeSync(full);
    expect(known).toMatchObject({ what: 'The disk is full (ENOSPC, write).', where: join(root, 'out') });
    lock.release();
  },
);

test('a port already in use', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const second = createServer().listen(port, '127.0.0.1');
  const error = await new Promise((resolve) => second.once('error', resolve));
  server.close();
  expect(userErrorOf(error)).toMatchObject({ where: `127.0.0.1:${port}`, todo: expect.stringContaining('--port') });
});

test('other errors are unchanged', async () => {
  const own = new FacewrightError({ what: 'This.' });
  expect(userErrorOf(own)).toBe(own);
  expect(userErrorOf(new TypeError('x is not a function'))).toBeUndefined();
  expect(userErrorOf(Object.assign(new Error('a code of somebody else'), { code: 'ENOENT' }))).toBeUndefined();
  expect(userErrorOf('text')).toBeUndefined();
});
