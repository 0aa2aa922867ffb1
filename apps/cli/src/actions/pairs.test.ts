/** Lists of pairs contain only readable photos, each file once. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test, vi } from 'vitest';
import drawList from './pairs.js';

const root = mkdtempSync(join(tmpdir(), 'facewright pairs '));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('unreadable files and duplicates are left out', async () => {
  for (const person of ['a', 'b', 'c', 'd']) {
    mkdirSync(join(root, 'people', person), { recursive: true });
    for (const photo of [1, 2, 3]) {
      const background = `#${person}0${photo}0f0`;
      const image = sharp({ create: { width: 8, height: 8, channels: 3, background } });
      await image.png().toFile(join(root, 'people', person, `${photo}.png`));
    }
    writeFileSync(join(root, 'people', person, 'damaged.jpg'), 'no photo');
    copyFileSync(join(root, 'people', person, '1.png'), join(root, 'people', person, 'same.png'));
  }
  const out = join(root, 'pairs.txt');
  const options = { data: join(root, 'people'), out, count: 24, folds: 2, seed: 1, quiet: true };
  await drawList(options);
  const paths = readFileSync(out, 'utf8').match(/\b[abcd]\/[\w.]+/g)!;
  expect([...new Set(paths)].filter((path) => /damaged|same/.test(path))).toEqual([]);
  expect(new Set(paths).size).toBe(12);
  const first = readFileSync(out);
  await drawList(options);
  expect(readFileSync(out)).toEqual(first);
});

test('a photo in the folders of two people is left out of both: one of them is wrong', async () => {
  const at = (...path: string[]): string => join(root, 'mixed', ...path);
  for (const [index, person] of ['a', 'b', 'c', 'd'].entries()) {
    mkdirSync(at(person), { recursive: true });
    for (const photo of [1, 2, 3])
      await sharp({ create: { width: 8, height: 8, channels: 3, background: `#${index}0${photo}0f0` } })
        .png()
        .toFile(at(person, `${photo}.png`));
  }
  copyFileSync(at('c', '2.png'), at('a', '0.png'));
  copyFileSync(at('c', '2.png'), at('c', 'again.png'));
  const out = join(root, 'mixed.txt');
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await drawList({ data: at(), out, count: 24, folds: 2, seed: 1, quiet: true });
  const text = said.mock.calls.join('').replace(/\s+/g, ' ');
  said.mockRestore();
  expect(text).toContain('the same file is in the folders of two people: a/0.png, c/2.png');
  const paths = new Set(readFileSync(out, 'utf8').match(/\b[abcd]\/[\w.]+/g));
  expect([...paths].sort()).toEqual(
    ['a', 'b', 'c', 'd']
      .flatMap((person) => [1, 2, 3].map((photo) => `${person}/${photo}.png`))
      .filter((path) => path !== 'c/2.png'),
  );
});
