/**
 * Mutation testing, run by hand: changes one operator or condition of a package at a time and lists the changes that its
 * fast tests do not notice.
 *
 *   npm run mutate -- losses --sample 150 --seed 1          150 changes drawn at random: an estimate with its 95 % interval
 *   npm run mutate -- training loop/outcome.ts step/        every change in some of its files
 *   npm run mutate -- losses                                every change in the package; takes long
 *   npm run mutate -- capture lives.ts --tests lives        every change in a file, tried with the test files of that name only: a
 *                                                           quick look at what they notice by themselves
 *
 * Strings and numbers are not changed. Changes to code that runs when a file is loaded, such as an options schema, are
 * tried with all tests of the package; --skip-static leaves them out and is much faster. MUTATE_CONCURRENCY (2) says how
 * many changes are tried at once. The full report is written to .cache/mutation/<package>.json.
 */
import { Stryker } from '@stryker-mutator/core';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutantsOf, placesOf } from './population.mjs';
import { drawSample, interval } from './sample.mjs';

/** Mutants built in per mutant of the sample, because static ones turn out only when the tests run. */
const SPARE = 1.5;
const EXCLUDED = ['StringLiteral'];

const { name, source, chosen, sample, seed, skipStatic, tests } = readCommand();
process.env.MUTATED_PACKAGE = name;
process.env.MUTATION_TESTS = tests;
process.env.SAMPLE_SIZE = String(sample);
process.env.SAMPLE_SEED = seed;
const population = await mutantsOf(chosen.flatMap(filesOf), EXCLUDED);
const built = Number.isFinite(sample) ? drawSample(population, Math.ceil(SPARE * sample), seed) : population;

const results = await new Stryker({
  mutate: Number.isFinite(sample) ? placesOf(built) : chosen.flatMap(filesOf),
  mutator: { excludedMutations: EXCLUDED },
  // the other packages are found through node_modules, in their place
  ignorePatterns: [
    '**',
    `!packages/${name}/**`,
    `packages/${name}/dist/**`,
    '!test/**',
    '!*.json',
    '!{packages,apps,examples}/*/tsconfig*.json',
    '**/node_modules',
  ],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', fileURLToPath(new URL('sample-checker.mjs', import.meta.url))],
  checkers: Number.isFinite(sample) ? ['sample'] : [],
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  ignoreStatic: skipStatic,
  concurrency: Number(process.env.MUTATE_CONCURRENCY ?? 2),
  timeoutMS: 60_000,
  dryRunTimeoutMinutes: 60,
  tempDirName: `.cache/stryker-${name}`,
  reporters: ['progress', 'json'],
  jsonReporter: { fileName: `.cache/mutation/${name}.json` },
  thresholds: { high: 90, low: 80, break: null },
}).runMutationTest();
report(results);

/**
 * The package, its files and the size of the sample (Infinity: every mutant). Throws an error that says what is wrong.
 */
function readCommand() {
  try {
    const options = {
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      'skip-static': { type: 'boolean', default: false },
      tests: { type: 'string', default: '' },
    };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [name, ...chosen] = positionals;
    if (!name) throw new Error('Name a package, such as: npm run mutate -- losses --sample 150');
    const source = `packages/${name}/src`;
    const missing = [source, ...chosen.map((path) => `${source}/${path}`)].find((path) => !existsSync(path));
    if (missing) throw new Error(`There is no ${missing}.`);
    const sample = values.sample === undefined ? Infinity : Number(values.sample);
    if (!(sample === Infinity || (Number.isInteger(sample) && sample > 0)))
      throw new Error(`--sample ${values.sample} is not a whole number above 0.`);
    const wanted = chosen.length ? chosen : ['.'];
    return { ...values, name, source, chosen: wanted, sample, skipStatic: values['skip-static'] };
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

/** The source files of a file or folder of the package. */
function filesOf(path) {
  const place = join(source, path);
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place, { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join(place, file))
    .sort();
}

/** Prints the undetected mutants, then the fraction that was detected. */
function report(mutants) {
  // a RuntimeError means that the mutant keeps a file from loading
  const noticed = mutants.filter(({ status }) => ['Killed', 'Timeout', 'RuntimeError'].includes(status));
  const unnoticed = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
  const tried = noticed.length + unnoticed.length;
  const place = ({ fileName, location }) =>
    `${relative(process.cwd(), fileName)}:${location.start.line}:${location.start.column}`;
  const lines = unnoticed.map(
    (mutant) =>
      `${place(mutant)}  ${mutant.mutatorName}${mutant.status === 'NoCoverage' ? ', not covered' : ''}\n    ${mutant.replacement.replaceAll('\n', '\n    ')}`,
  );
  console.log([...lines.sort(), ''].join('\n'));
  if (Number.isFinite(sample) && tried < Math.min(sample, population.length))
    console.log(`Only ${tried} of the ${built.length} mutants looked at are not static.`);
  const [from, to] = interval(noticed.length, tried).map((share) => (100 * share).toFixed(1));
  const share = ((100 * noticed.length) / tried).toFixed(1);
  console.log(
    Number.isFinite(sample)
      ? `${name}: ${noticed.length} of ${tried} noticed, ${share} % (95 % interval ${from} to ${to} %; drawn from ${population.length} by seed ${seed})`
      : `${name}: ${noticed.length} of ${tried} noticed, ${share} %`,
  );
}
