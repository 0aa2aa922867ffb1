/**
 * Anything but a regular file is rejected at once, files that are too large before reading, and lists are read in
 * bounded chunks.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lineBlocks, readChecked, withFile } from './checked-file.js';
import { bytesOfText, nameText, pathBelow } from './file-names.js';
import { openPhoto, readPhoto } from './photo-file.js';

const root = mkdtempSync(join(tmpdir(), 'facewright checked '));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(root, name), content);
  return join(root, name);
};
const sparse = (name: string, bytes: number): string => {
  truncateSync(file(name, ''), bytes);
  return join(root, name);
};

test.skipIf(process.platform === 'win32')('a pipe and a device are rejected at once, also through a link', async () => {
  execFileSync('mkfifo', [join(root, 'pipe.jpg')]);
  symlinkSync('/dev/zero', join(root, 'zero.jpg'));
  for (const [name, what] of [
    ['pipe.jpg', /a pipe, not a file/],
    ['zero.jpg', /a device, not a file/],
  ] as const) {
    await expect(readChecked(join(root, name))).rejects.toThrow(what);
    await expect(openPhoto(join(root, name))).rejects.toMatchObject({ reason: 'unreadable' });
  }
});

test('a missing photo and a folder are told in plain words', async () => {
  await expect(openPhoto(join(root, 'none.jpg'))).rejects.toThrow('There is no such file.');
  await expect(openPhoto(root)).rejects.toThrow('This is a folder, not a photo.');
});

test('a file over the limit is rejected before it is read, and the error names the limit', async () => {
  const path = sparse('huge.jpg', 1_900_000_000);
  const start = performance.now();
  await expect(openPhoto(path)).rejects.toMatchObject({
    reason: 'too-large',
    what: expect.stringMatching(/1900000000 bytes.*256000000.*maxBytes/) as string,
  });
  await expect(readPhoto(path, { maxBytes: 100 })).rejects.toThrow(/limit of 100 bytes/);
  expect(performance.now() - start).toBeLessThan(1000);
});

test('never reads beyond the end, whatever size is claimed', async () => {
  const path = file('short', 'abc');
  await withFile(path, async (open) => {
    expect((await open.read(1, 2)).toString()).toBe('bc');
    const room = Buffer.from('....');
    expect(open.readSync(1, 2, room).buffer).toBe(room.buffer);
    expect(room.toString()).toBe('bc..');
    expect(open.readSync(0, 3, room.subarray(0, 2)).toString()).toBe('abc'); // does not fit there
    expect(room.toString()).toBe('bc..');
    for (const [offset, length] of [
      [0, 4],
      [0, 3 * 2 ** 30],
      [2 ** 40, 1],
      [-1, 1],
      [0, NaN],
    ]) {
      await expect(open.read(offset, length)).rejects.toThrow(/ends too early/);
      expect(() => open.readSync(offset, length, room)).toThrow(/ends too early/);
    }
  });
});

test('reading stops when interrupted', async () => {
  const path = sparse('large', 200_000_000);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 1);
  await expect(readChecked(path, { signal: abort.signal })).rejects.toMatchObject({ name: 'Interrupted' });
});

const linesOf = async (path: string, maxLine?: number): Promise<[number, string][]> => {
  const all: [number, string][] = [];
  for await (const { lines, first } of lineBlocks(path, maxLine === undefined ? {} : { maxLine }))
    lines.forEach((line, index) => all.push([first + index, line]));
  return all;
};

test('lines come with their numbers, whatever the line endings and wherever a block is split', async () => {
  expect(await linesOf(file('crlf', '\uFEFFa\r\nö\n\nlast'))).toEqual([
    [1, 'a'],
    [2, 'ö'],
    [3, ''],
    [4, 'last'],
  ]);
  expect(await linesOf(file('none', ''))).toEqual([]);
  expect(await linesOf(file('ended', 'a\n'))).toEqual([[1, 'a']]);
  const long = Array.from({ length: 100_000 }, (_, line) => `${line} ${'ä'.repeat(line % 40)}`);
  expect((await linesOf(file('long', long.join('\n')))).map(([, line]) => line)).toEqual(long);
});

test('a large file without line breaks is one clear error', async () => {
  await expect(linesOf(sparse('no-ends', 700_000_000))).rejects.toThrow(/A line has more than 1048576 characters/);
  await expect(linesOf(file('ten', 'ok\n0123456789'), 9)).rejects.toThrow(/not a list[^]*line 2/);
});

test('names that are not UTF-8 have a text form that maps back to them', () => {
  const name = Buffer.from('M\xfcller 100%', 'latin1');
  expect(nameText(name)).toBe('M%FCller 100%25');
  expect(pathBelow('/ä', name)).toEqual(Buffer.concat([Buffer.from('/ä/'), name]));
  expect(bytesOfText('/ä/M%FCller 100%25')).toEqual(pathBelow('/ä', name));
  expect(nameText(Buffer.from('Müller 100%'))).toBe('Müller 100%');
  expect(pathBelow('/ä', Buffer.from('Müller'))).toBe(join('/ä', 'Müller'));
  expect(bytesOfText('/ä/Müller')).toBeUndefined();
});
