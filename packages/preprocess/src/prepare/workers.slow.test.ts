/** Worker threads are closed only once they have no work in progress. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('photos in progress finish before the threads end, however long the last one takes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'facewright workers '));
  const script = fileURLToPath(new URL('../../test/close-workers.mjs', import.meta.url));
  expect(JSON.parse(execFileSync(process.execPath, [script, directory], { encoding: 'utf8' }))).toEqual([
    'no-face',
    'no-face',
    'no-face',
    'no-face',
  ]);
  rmSync(directory, { recursive: true, force: true });
});
