/** `npm run test:long`: the tests that repeat something at random moments, with as many rounds as one has time for. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const FILES = [
  'test/kill.slow.test.ts',
  'test/pairs.slow.test.ts',
  'packages/platform/src/node/lock.slow.test.ts',
  'packages/preprocess/src/prepare/interruption.slow.test.ts',
];
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--project', 'slow', ...FILES, ...process.argv.slice(2)],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, FACEWRIGHT_LONG: '1' },
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
