/**
 * Mutation testing, run by hand: changes one operator, condition or number of a package at a time and lists the changes
 * that its fast tests do not notice.
 *
 *   npm run mutate -- training                              the whole package; takes long
 *   npm run mutate -- training loop/outcome.ts step/        some of its files
 *
 * Strings are not changed. The report is also written to .cache/mutation/<package>.json.
 */
import { Stryker } from '@stryker-mutator/core';
import { existsSync, statSync } from 'node:fs';

const [name, ...chosen] = process.argv.slice(2);
const source = `packages/${name}/src`;
if (!name || !existsSync(source)) {
  console.error(`Name a package, such as: npm run mutate -- losses\n${name ? `There is no ${source}.` : ''}`);
  process.exit(2);
}
const wanted = chosen.length ? chosen : ['.'];
const missing = wanted.find((path) => !existsSync(`${source}/${path}`));
if (missing) {
  console.error(`There is no ${source}/${missing}.`);
  process.exit(2);
}
process.env.MUTATED_PACKAGE = name;

const patternOf = (path) => (statSync(path).isDirectory() ? `${path.replace(/\/\.?$/, '')}/**/*.ts` : path);
await new Stryker({
  mutate: [...wanted.map((path) => patternOf(`${source}/${path}`)), '!**/*.test.ts'],
  mutator: { excludedMutations: ['StringLiteral'] },
  // the other packages are found through node_modules, in their place
  ignorePatterns: [
    '**',
    `!packages/${name}/**`,
    `packages/${name}/dist/**`,
    '!test/**',
    '!*.json',
    '!{packages,apps}/*/tsconfig*.json',
    '**/node_modules',
  ],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: Number(process.env.MUTATE_CONCURRENCY ?? 2),
  timeoutMS: 20_000,
  tempDirName: '.cache/stryker',
  reporters: ['clear-text', 'progress', 'json'],
  clearTextReporter: { logTests: false, reportTests: false, allowEmojis: false },
  jsonReporter: { fileName: `.cache/mutation/${name}.json` },
  thresholds: { high: 90, low: 80, break: null },
}).runMutationTest();
