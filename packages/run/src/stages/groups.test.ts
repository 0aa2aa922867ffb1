import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { pairsOfFile } from './pair-lists.js';
import { figuresByGroup, readGroups } from './groups.js';
import type { Evaluation } from './evaluate.js';

const root = await mkdtemp(join(tmpdir(), 'facewright groups '));
afterAll(() => rm(root, { recursive: true }));

async function groupsOf(text: string): Promise<ReadonlyMap<string, string>> {
  const path = join(root, 'groups.csv');
  await writeFile(path, text);
  return readGroups(path);
}

test('images or people and their groups, with commas, tabs or blanks, with a heading or without', async () => {
  const wanted = new Map([
    ['ann/1.jpg', 'A'],
    ['Ben Lee', 'group B'],
  ]);
  expect(await groupsOf('image,group\nann/1.jpg,A\n"Ben Lee","group B"\n')).toEqual(wanted);
  expect(await groupsOf('# mine\nann/1.jpg\tA\r\nBen Lee\tgroup B')).toEqual(wanted);
  expect(await groupsOf('ann/1.jpg A')).toEqual(new Map([['ann/1.jpg', 'A']]));
});

test('a line that is none, a name in two groups and an empty file are errors with their place', async () => {
  await expect(groupsOf('a,A\nb,B,C\n')).rejects.toThrow(/found 3[^]*line 2/);
  await expect(groupsOf('a,A\na,B\n')).rejects.toThrow(/"a" is in two groups, "A" and "B"[^]*line 2/);
  await expect(groupsOf('image,group\n')).rejects.toThrow(/names no groups/);
});

test('an image goes by its own group first, then by its person', () => {
  const set = pairsOfFile({
    folds: 1,
    pairs: [
      { a: 'ann/1', b: 'ann/2', same: true, fold: 0 },
      { a: 'ann/1', b: 'ben/1', same: false, fold: 0 },
      { a: 'ben/1', b: 'cy/1', same: false, fold: 0 },
    ],
  });
  const evaluation = {
    verification: { threshold: 0.5 },
    compared: { pairs: Uint32Array.of(0, 1, 2), scores: Float64Array.of(0.9, 0.8, 0.1) },
  } as unknown as Evaluation<string>;
  const groups = new Map([
    ['ann', 'x'],
    ['ben/1', 'x'],
    ['cy', 'y'],
  ]);
  const found = figuresByGroup(set, evaluation, groups)!;
  expect(found.groups).toMatchObject([
    { group: 'x', same: 1, different: 1, accuracy: { share: 0.5 }, falseAcceptRate: { share: 1 } },
  ]);
  expect([found.across, found.ungrouped]).toEqual([1, 0]);
});
