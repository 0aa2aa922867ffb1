/**
 * The package created for each kind passes its type-check, its suite and `npm pack` unchanged, with nothing unwanted in
 * the tarball.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KINDS } from '../src/scaffold.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const tool = join(root, 'packages/create-facewright-plugin/bin/create-facewright-plugin.js');
/** The rows of the README's table of options. */
const OPTIONS: Readonly<Record<string, number>> = {
  reader: 1,
  detector: 2,
  model: 2,
  loss: 2,
  criterion: 2,
  backend: 0,
  cluster: 0,
};

let directory: string;
const run = (args: readonly string[], cwd: string): string =>
  execFileSync(args[0], args.slice(1), { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const bin = (name: string): string => join(root, 'node_modules/.bin', name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'facewright-scaffold-'));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules')); // as if installed
  for (const kind of KINDS) run([process.execPath, tool, kind, `@me/my-${kind}`], directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(KINDS)('a package for a %s', (kind) => {
  test('builds and packs', () => {
    const at = join(directory, `my-${kind}`);
    const [{ files }] = JSON.parse(
      run(['npm', 'pack', '--json', '--silent', '--foreground-scripts=false', '--ignore-scripts=false'], at),
    ) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'package.json']),
    );
    expect(paths.filter((path) => path.includes('.test.') || path.includes('tsbuildinfo'))).toEqual([]);
    const readme = readFileSync(join(at, 'README.md'), 'utf8');
    expect(readme.match(/^\| `/gm) ?? []).toHaveLength(OPTIONS[kind] ?? 1);
    expect(readme).not.toContain('{{');
    expect(readFileSync(join(at, 'src/index.ts'), 'utf8')).toContain(`name: 'my-${kind}'`);
  });
});

test.each(KINDS)('the bench script of a %s gives its figures first', (kind) => {
  const figures = run([process.execPath, 'scripts/bench.mjs', '1'], join(directory, `my-${kind}`));
  expect(figures.split('\n')[2]).toMatch(new RegExp(`^\\| my-${kind} +\\| .* \\| 1\\.00`));
});

test('all of them pass their type-check', () => {
  const config = { extends: './my-loss/tsconfig.json', include: ['*/src'] };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
  run([bin('tsc'), '-p', directory], directory);
});

test('all of them pass the suites for their kinds', () => {
  const output = run(
    [bin('vitest'), 'run', '--root', directory, '--reporter=json', '--no-file-parallelism'],
    directory,
  );
  const { numFailedTests, numPassedTests, testResults } = JSON.parse(output.slice(output.indexOf('{"num'))) as {
    numFailedTests: number;
    numPassedTests: number;
    testResults: { status: string }[];
  };
  expect({ numFailedTests, files: testResults.map(({ status }) => status) }).toEqual({
    numFailedTests: 0,
    files: KINDS.map(() => 'passed'),
  });
  expect(numPassedTests).toBeGreaterThan(100);
});
