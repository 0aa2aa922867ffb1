/** Which directories count as runs, and what is said where there is none. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findRuns } from './find-runs.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'facewright runs '));
});
afterEach(() => rm(root, { recursive: true }));

async function run(...path: string[]): Promise<void> {
  await mkdir(join(root, ...path), { recursive: true });
  await writeFile(join(root, ...path, 'events.jsonl'), '');
}
const names = async (...path: string[]): Promise<string[]> =>
  (await findRuns(join(root, ...path))).map(({ name }) => name);

test('the directory itself, or runs one or two levels below it, by name', async () => {
  await run('night', 'b');
  await run('night', 'a');
  await run('day');
  await run('deep', 'deeper', 'deepest');
  await run('.hidden');
  expect(await names()).toEqual(['day', 'night/a', 'night/b']);
  expect(await names('night')).toEqual(['a', 'b']);
  expect(await names('day')).toEqual(['day']);
});

test('links below the directory are not followed', async () => {
  await run('real');
  await mkdir(join(root, 'linked'));
  await symlink(join(root, 'real'), join(root, 'linked', 'run'));
  expect(await names()).toEqual(['real']);
});

const EXPECTED = 'Give the directory of a run ("out" in its config), or one that contains several.';
test.each([
  ['nothing', 'nowhere', /^Cannot read the directory: ENOENT/],
  ['a file', 'photo.jpg', /^This is a file, not a directory\.$/],
  ['a directory without runs', 'empty', /^There is no run here: a run directory has the file events\.jsonl\.$/],
])('%s is an error that says what is expected', async (_, name, what) => {
  await mkdir(join(root, 'empty'));
  await writeFile(join(root, 'photo.jpg'), '');
  await expect(findRuns(join(root, name))).rejects.toMatchObject({
    what: expect.stringMatching(what),
    where: join(root, name),
    todo: EXPECTED,
  });
});
