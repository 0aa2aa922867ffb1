/** The work of `facewright compare`: which of several recipes wins, over the seeds they were run with. */
import { join, relative, resolve } from 'node:path';
import { FacewrightError, messageOf, type Verification } from '@facewright/core';
import { readCheckedText, writeFileAtomic } from '@facewright/platform/node';
import {
  comparisonPage,
  contestOf,
  historyOf,
  readEventLog,
  recipesOf,
  verdictOf,
  type NamedRun,
} from '@facewright/report';
import { findRuns } from '@facewright/studio';
import { withSession } from '../session.js';

export interface CompareOptions {
  readonly out: string;
  readonly json?: boolean;
}

export default (directories: string[], { out, json }: CompareOptions) =>
  withSession({ json }, async ({ print }) => {
    const paths = new Set(
      (await Promise.all(directories.map((directory) => findRuns(directory)))).flat().map(({ path }) => path),
    );
    const runs = await Promise.all([...paths].map(openRun));
    if (runs.length < 2)
      throw new FacewrightError({
        what: 'There is only one run: nothing to compare it with.',
        where: runs[0].name,
        todo: 'Name the directories of several runs, or one that holds them.',
      });
    const recipes = recipesOf(runs);
    const file = resolve(out);
    await writeFileAtomic(file, comparisonPage(runs));
    const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;
    for (const { name, runs, accuracy } of recipes) {
      const { mean, deviation } = accuracy ?? {};
      print(
        `${name}: ${mean === undefined ? 'not verified' : percent(mean)}${deviation === undefined ? '' : ` ± ${percent(deviation)}`}, ${runs.length} run${runs.length === 1 ? '' : 's'}${accuracy ? ` (${accuracy.values.map(({ seed, value }) => `seed ${seed}: ${percent(value)}`).join(', ')})` : ''}`,
      );
    }
    const verdict = verdictOf(recipes);
    if (verdict) print(verdict);
    print(`page: ${file}`);
    return {
      json: {
        page: file,
        verdict: verdict ?? null,
        recipes: recipes.map((recipe) => ({
          name: recipe.name,
          runs: recipe.runs.map(({ name }) => name),
          steps: recipe.steps ?? null,
          accuracy: recipe.accuracy ?? null,
          againstTheFirst: recipe === recipes[0] ? null : (contestOf(recipe, recipes[0]) ?? null),
        })),
      },
    };
  });

async function openRun(path: string): Promise<NamedRun> {
  const history = historyOf(await readEventLog(join(path, 'events.jsonl')));
  const evaluation = join(path, 'evaluation', 'evaluation.json');
  const text = await readCheckedText(evaluation).catch(() => undefined);
  if (text !== undefined) {
    try {
      const { verification } = JSON.parse(text) as { verification: Verification | null };
      history.evaluated = verification ? { type: 'evaluate.finished', at: 0, verification } : undefined;
    } catch (cause) {
      throw new FacewrightError({
        what: `The evaluation of the run is damaged: ${messageOf(cause)}`,
        where: evaluation,
        todo: 'Measure it again by "facewright evaluate".',
        cause,
      });
    }
  }
  return { name: relative(process.cwd(), path) || path, history };
}
