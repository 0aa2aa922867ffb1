/** The `npm run crash` campaign, as long as CI has time for: each command killed once, and a few full disks. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CAMPAIGN = fileURLToPath(new URL('crash/crash.mjs', import.meta.url));

test('killed or out of space at any point: complete, and the same bytes at the end', { timeout: 900_000 }, () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [CAMPAIGN, '--kills', '12', '--in-a-row', '1', '--disks', '4'],
    {
      encoding: 'utf8',
    },
  );
  console.log(stdout);
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
