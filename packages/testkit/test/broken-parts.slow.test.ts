/**
 * A suite that cannot fail proves nothing: a part that is wrong in one way must fail the tests about it, and no others.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { BACKEND_FAILS, FAILS } from './broken/expected.js';

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

/** The tests of the fixture, run by vitest as a user runs it; it fails, as it should. */
async function report(): Promise<Report> {
  const vitest = fileURLToPath(new URL('../vitest.mjs', import.meta.resolve('vitest')));
  const config = fileURLToPath(new URL('./vitest.fixture.config.ts', import.meta.url));
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [vitest, 'run', '--config', config, '--root', cwd, '--reporter=json'],
      { cwd, maxBuffer: 1e8 },
      (_, stdout) => resolve(stdout),
    );
  });
  return JSON.parse(output.slice(output.indexOf('{"'))) as Report;
}

interface Result {
  readonly part: string;
  readonly title: string;
  readonly status: string;
}
let results: readonly Result[];
beforeAll(async () => {
  results = (await report()).testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => ({ part: ancestorTitles[0], title, status })),
  );
}, 600_000);
const failed = (wanted: (part: string) => boolean): Record<string, string[]> => {
  const failures: Record<string, string[]> = {};
  for (const { part, title, status } of results)
    if (wanted(part)) (failures[part] ??= []).push(...(status === 'failed' ? [title] : []));
  return failures;
};

test('each broken part fails what is about it, and nothing else', () => {
  expect(failed((part) => !part.startsWith('backend '))).toEqual(FAILS);
});

test('each broken engine fails what is about it', () => {
  const failures = failed((part) => part.startsWith('backend '));
  expect(Object.keys(failures).sort()).toEqual(Object.keys(BACKEND_FAILS).sort());
  for (const [part, titles] of Object.entries(BACKEND_FAILS))
    expect(failures[part], part).toEqual(expect.arrayContaining([...titles]));
  expect(failures['backend half-precision']).not.toContain(
    'state carries over from call to call, and what a step leaves out stays',
  );
});

test('every test of every suite is failed by a broken part', () => {
  const kindAndTest = ({ part, title }: Result): string =>
    `${part.split(' ')[0]}: ${title.replace(/^\w+: finds \d+/, 'a photo')}`; // names of photos are the user's
  const ran = results.filter(({ status }) => status === 'passed' || status === 'failed');
  const caught = new Set(ran.filter(({ status }) => status === 'failed').map(kindAndTest));
  expect([...new Set(ran.map(kindAndTest))].filter((name) => !caught.has(name))).toEqual([]);
});

test('the names of tests can be typed', () => {
  expect(results.map(({ title }) => title).filter((title) => !/^[ -~]+$/.test(title))).toEqual([]);
});

test('a skipped test says why', () => {
  const skipped = results.filter(({ title }) => title === 'a textured image is changed (skipped: shown in the name)');
  expect(skipped.map(({ status }) => status)).toEqual(['skipped']);
});
