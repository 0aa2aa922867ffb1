/** A Stryker plugin that runs a sample of the mutants: the others fail its check. SAMPLE_SIZE and SAMPLE_SEED come from mutate.mjs. */
import { relative } from 'node:path';
import { drawSample } from './sample.mjs';

/** Stryker hands over all mutants at once, and as one group they stay together. */
function check(mutants) {
  const here = mutants.map((mutant) => ({ ...mutant, fileName: relative(process.cwd(), mutant.fileName) }));
  const drawn = drawSample(here, Number(process.env.SAMPLE_SIZE), process.env.SAMPLE_SEED);
  const ids = new Set(drawn.map(({ id }) => id));
  return Object.fromEntries(
    mutants.map(({ id }) => [
      id,
      ids.has(id) ? { status: 'passed' } : { status: 'compileError', reason: 'not in the sample' },
    ]),
  );
}

export const strykerPlugins = [
  {
    kind: 'Checker',
    name: 'sample',
    value: {
      init: () => Promise.resolve(),
      group: (mutants) => Promise.resolve([mutants.map(({ id }) => id)]),
      check: (mutants) => Promise.resolve(check(mutants)),
    },
  },
];
