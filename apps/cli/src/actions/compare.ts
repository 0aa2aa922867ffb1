/** Implements `facewright compare`: which of several recipes wins over the seeds they were run with. */
import { join, relative, resolve } from 'node:path';
import { FacewrightError, messageOf, type Verification } from '@facewright/core';
import { readCheckedText, writeFileAtomic } from '@facewright/platform/node';
import {
  caveatsOf,
  comparisonPage,
  contestOf,
  historyOf,
  readRunEvents,
  recipesOf,
  verdictOf,
  type NamedRun,
  type Recipe,
} from '@facewright/report';
import { findRuns } from '@facewright/studio';
import { fitted } from '../fitted.js';
import { fileLink } from '../links.js';
import { withSession } from '../session.js';

export interface CompareOptions {
  readonly out: string;
  readonly json?: boolean;
  readonly open?: boolean;
}

export default (directories: string[], { out, json, open }: CompareOptions) =>
  withSession({ json }, async ({ print }) => {
    const paths = new Set(
      (await Promise.all(directories.map((directory) => findRuns(directory)))).flat().map(({ path }) => path),
    );
    const runs = await Promise.all([...paths].map(openRun));
    if (runs.length < 2)
      throw new FacewrightError({
        what: 'There is only one run: nothing to compare it with.',
        where: runs[0].name,
        todo: 'Give the directories of several runs, or one that contains them.',
      });
    const recipes = recipesOf(runs);
    const file = resolve(out);
    await writeFileAtomic(file, comparisonPage(runs));
    for (const recipe of recipes) print(recipeText(recipe));
    const verdict = verdictOf(recipes);
    if (verdict) for (const line of [verdict, ...caveatsOf(recipes)]) print(fitted(line, process.stdout, ''));
    print(`page: ${fileLink(file)}`);
    if (open) await (await import('../open-browser.js')).openPage(file, print);
    return {
      json: {
        page: file,
        verdict: verdict ?? null,
        recipes: recipes.map((recipe) => ({
          name: recipe.name,
          losses: recipe.losses,
          differs: recipe.differs,
          runs: recipe.runs.map(({ name }) => name),
          steps: recipe.steps ?? null,
          accuracy: recipe.accuracy ?? null,
          againstTheFirst: recipe === recipes[0] ? null : (contestOf(recipe, recipes[0]) ?? null),
        })),
      },
    };
  });

/** The name with its figures; below it, what distinguishes it from other recipes, and the seeds. */
function recipeText({ name, differs, runs, accuracy }: Recipe): string {
  const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;
  const deviation = accuracy?.deviation === undefined ? '' : ` ± ${percent(accuracy.deviation)}`;
  const figure = accuracy ? `${percent(accuracy.mean)}${deviation}` : 'not verified';
  const amount = `${runs.length} run${runs.length === 1 ? '' : 's'}`;
  const seeds = accuracy?.values.map(({ seed, value }) => `seed ${seed} ${percent(value)}`) ?? [];
  return [`${name}: ${figure}, ${amount}`, ...differs, ...(seeds.length > 1 ? [seeds.join(', ')] : [])]
    .map((line, index) => fitted(index ? `  ${line}` : line))
    .join('\n');
}

async function openRun(path: string): Promise<NamedRun> {
  const history = historyOf(await readRunEvents(join(path, 'events.jsonl')));
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
        todo: 'Measure it again with "facewright evaluate".',
        cause,
      });
    }
  }
  return { name: relative(process.cwd(), path) || path, history };
}
