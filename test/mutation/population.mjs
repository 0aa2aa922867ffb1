/**
 * The mutants of some files before any is tried, so that Stryker has to build in those of a sample only: with all of them built in, code that
 * processes pixels is dozens of times slower.
 */
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { readFile } from 'node:fs/promises';

const silent = { debug() {}, info() {}, warn() {}, isDebugEnabled: () => false };

/** Every mutant of the files (paths relative to the working directory) but those of the `excluded` kinds. */
export async function mutantsOf(files, excluded) {
  const sources = files.map(async (name) => ({ name, mutate: true, content: await readFile(name, 'utf8') }));
  const options = { plugins: null, excludedMutations: excluded, ignorers: [] };
  const { mutants } = await new Instrumenter(silent).instrument(await Promise.all(sources), options);
  return mutants.filter(({ status }) => status !== 'Ignored');
}

/** The places of mutants, as Stryker's option `mutate` takes them. Others that lie within are mutated as well. */
export const placesOf = (mutants) => [
  ...new Set(
    mutants.map(
      ({ fileName, location: { start, end } }) =>
        `${fileName}:${start.line + 1}:${start.column}-${end.line + 1}:${end.column}`,
    ),
  ),
];
