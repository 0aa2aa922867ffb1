/**
 * `npm run e2e:publish` as a test: every package published to a registry on this machine, and used from empty folders as people who only know the
 * registry would. Skipped where npm's own registry cannot be reached. Prints how long each part took.
 */
import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Milliseconds for all of it, on a busy machine. */
const LIMIT = 1_500_000;
/** `plugins` and `nodes` take too long for every change; `npm run e2e:publish` runs all of it. */
const PARTS = ['cli', 'code', 'copies'];

/** Why the registry cannot be used, if so. */
async function obstacle(): Promise<string | undefined> {
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { cwd: root, encoding: 'utf8' }).trim();
  const response = await fetch(new URL('verdaccio', registry.replace(/\/?$/, '/')), {
    method: 'HEAD',
    signal: AbortSignal.timeout(20_000),
  }).catch(() => undefined);
  return response?.ok ? undefined : "npm's registry cannot be reached";
}
const reason = await obstacle();

describe.skipIf(reason)(`the packages as published${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let output: string;
  beforeAll(async () => {
    output = await new Promise((resolve) =>
      execFile(
        process.execPath,
        ['test/publish/publish.mjs', '--quick', ...PARTS],
        { cwd: root, maxBuffer: 1 << 26, timeout: LIMIT },
        (_, stdout, stderr) => resolve(stdout + stderr),
      ),
    );
    console.log(output);
  }, LIMIT + 60_000);

  test.each(PARTS)('%s', (part) => {
    expect(output).toMatch(new RegExp(`^${part}: .* s$`, 'm'));
    expect(output).not.toMatch(new RegExp(`^${part} failed`, 'm'));
  });
});
