import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeDirectory } from './make-directory.js';

const scratch = await mkdtemp(join(tmpdir(), 'facewright-directory-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k', 'tmpfs', scratch]).status === 0;

test.skipIf(!mounted)(
  'a read-only disk is named as such, however deep the directory (needs the right to mount)',
  async () => {
    onTestFinished(async () => {
      spawnSync('umount', [scratch]);
      await rm(scratch, { recursive: true });
    });
    for (const path of ['one', 'one/two/three'])
      await expect(makeDirectory(join(scratch, path))).rejects.toMatchObject({ code: 'EROFS' });
  },
);

test('directories that are missing above it are created; what else fails keeps its reason', async () => {
  const place = await mkdtemp(join(tmpdir(), 'facewright-directory-'));
  onTestFinished(() => rm(place, { recursive: true }));
  await makeDirectory(join(place, 'a', 'b'));
  await makeDirectory(join(place, 'a', 'b'));
  expect((await stat(join(place, 'a', 'b'))).isDirectory()).toBe(true);
  await expect(makeDirectory(join(place, 'n'.repeat(300)))).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
});
