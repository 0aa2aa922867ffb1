// `npm run conformance`: runs the suites of the test kit on the built-in parts and writes what each part holds to docs/conformance.json, from which
// `npm run docs` makes the page. Takes minutes. Parts that this machine cannot run keep the results they had: those of a GPU, for example.
// `-- packages/losses` runs only the suites below that path.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtins } from '../apps/cli/dist/builtins.js';
import { PLUGIN_KINDS } from '../packages/core/dist/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const only = process.argv.slice(2);
/** The suites' tests; those beside them say nothing of what a part holds. */
const NAMES = `\\b(?:${PLUGIN_KINDS.join('|')}) `;
const FILE = join(root, 'docs/conformance.json');
/** The kit's own tests and the scaffold's: their parts are not built in. */
const OTHERS = /^packages\/(testkit|create-facewright-plugin|plugin)\//;

const SUITE = new RegExp(
  `\\btest(?:${PLUGIN_KINDS.map((kind) => kind[0].toUpperCase() + kind.slice(1)).join('|')})\\(`,
);

/** The test files that run a suite of the kit. */
function filesWithSuites() {
  return readdirSync(join(root, 'packages'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/node_modules|\/dist\//.test(path) && !OTHERS.test(relative(root, path)))
    .filter((path) => SUITE.test(readFileSync(path, 'utf8')))
    .map((path) => relative(root, path))
    .filter((path) => !only.length || only.some((start) => path.startsWith(start)))
    .sort();
}

/** All tests of the files, by vitest's report. Failures are shown, and end the script. */
async function testsOf(files) {
  const directory = mkdtempSync(join(tmpdir(), 'facewright-conformance-'));
  const outputFile = join(directory, 'results.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [
    vitest,
    'run',
    `--testNamePattern=${NAMES}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${outputFile}`,
    ...files,
  ];
  try {
    await new Promise((resolve, reject) => {
      const child = execFile(process.execPath, args, { cwd: root, maxBuffer: 1 << 28 }, (error) =>
        error ? reject(new Error('A suite fails: nothing is written.')) : resolve(),
      );
      child.stdout.pipe(process.stderr);
      child.stderr.pipe(process.stderr);
    });
    const { testResults } = JSON.parse(readFileSync(outputFile, 'utf8'));
    return testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map((test) => ({ ...test, file: name })),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The tests of each suite, in the order they ran: one `describe` of one file. Where a title comes again, another suite of the same name begins. */
function suitesOf(tests) {
  const suites = new Map();
  for (const test of tests) {
    const key = [test.file, ...test.ancestorTitles].join('\n');
    const same = suites.get(key) ?? [];
    if (!same.length || same.at(-1).some(({ title }) => title === test.title)) same.push([]);
    same.at(-1).push(test);
    suites.set(key, same);
  }
  return [...suites.values()].flat().flatMap((tests) => {
    const about = tests.find(({ meta }) => meta?.facewright)?.meta.facewright;
    return about ? [{ ...about, tests }] : [];
  });
}

const SKIPPED = /^(.*) \(skipped: (.*)\)$/s;

/** What one run of a suite says of its part. */
const outcomesOf = ({ tests }) =>
  tests.map(({ title, status, meta }) => {
    const [, name = title, reason] = SKIPPED.exec(title) ?? [];
    const { group = '', result } = meta?.facewright ?? {};
    return { name, group, result: status === 'passed' ? result : `gap: ${reason ?? status}` };
  });

/** One run of a suite, as it is kept: how many tests it holds by group, and which it does not. */
function recordOf(suite) {
  const { kind, plugin, engine, tests } = suite;
  const record = {
    kind,
    plugin,
    file: relative(root, tests[0].file),
    name: tests[0].ancestorTitles.join(' > '),
    ...(engine && { engine }),
    groups: {},
    notOffered: [],
    gaps: {},
  };
  for (const { name, group, result } of outcomesOf(suite)) {
    const count = (record.groups[group || 'general'] ??= { held: 0, of: 0 });
    count.of++;
    if (result === 'held') count.held++;
    else if (result === 'not offered') record.notOffered.push(name);
    else record.gaps[name] = result.replace('gap: ', '');
  }
  return record;
}

const known = new Set(builtins.flatMap(({ plugins }) => plugins.map(({ meta }) => `${meta.kind} ${meta.name}`)));
const keyOf = ({ kind, plugin, file, name }) => [kind, plugin, file, name].join('\n');
const files = filesWithSuites();
console.error(`${files.length} files with suites`);
const now = suitesOf(await testsOf(files)).map(recordOf);
const before = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : [];
// a file that gave results is taken anew; one that could not run here keeps those it had
const renewed = new Set(now.map(({ file }) => file));
const kept = before.filter(({ file }) => !renewed.has(file) && existsSync(join(root, file)));
const records = [...kept, ...now]
  .filter(({ kind, plugin }) => known.has(`${kind} ${plugin}`))
  .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
writeFileSync(FILE, `${JSON.stringify(records, null, 1)}\n`);
const missing = [...known].filter((name) => !records.some(({ kind, plugin }) => `${kind} ${plugin}` === name));
if (missing.length) console.error(`not run by any suite: ${missing.join(', ')}`);
