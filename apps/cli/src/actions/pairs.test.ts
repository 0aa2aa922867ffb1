/** Lists of pairs contain only readable photos, each file once. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
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
