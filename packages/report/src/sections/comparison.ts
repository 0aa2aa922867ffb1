/**
 * Several runs side by side: which recipe wins over the seeds, their curves in one chart each, and a table of results.
 */
import { chart, smooth, type Points, type Series } from '../chart.js';
import { count, figure, percent } from '../format.js';
import { html, type Html } from '../html.js';
import { contestOf, recipesOf, type NamedRun, type Recipe } from '../recipes.js';
import { scrolling } from './scrolling.js';

const COLOURS = [1, 2, 3, 4] as const;
const LEAST_FAR = 1e-4;

/** Curves of the first four recipes, and a row for each run. */
export function comparisonSection(runs: readonly NamedRun[]): Html {
  const recipes = recipesOf(runs);
  const shown = recipes.slice(0, COLOURS.length);
  const lines = (points: (run: NamedRun) => readonly Points[]): Series[] =>
    shown.map((recipe, index) => ({
      name: recipe.name,
      points: recipe.runs.flatMap(points),
      colour: COLOURS[index],
    }));
  const curves = (value: (step: Step) => number): Series[] => lines((run) => smoothed(run, value));
  const roc = lines(({ history: { evaluated } }) =>
    evaluated
      ? [evaluated.verification.roc.map(({ far, tar }): readonly [number, number] => [Math.max(far, LEAST_FAR), tar])]
      : [],
  ).filter(({ points }) => points.length);
  return html`<section aria-labelledby="compared"><h2 id="compared">Compared</h2>
${verdict(recipes)}
${recipes.length > shown.length && html`<p class="muted">The curves show the first ${shown.length} recipes; the table has all ${runs.length} runs.</p>`}
<div ${scrolling('Results of the runs')}>${table(runs)}</div>
<div class="card">${chart({ title: 'Loss', description: 'Moving mean of each run’s training loss by step.', series: curves(({ loss }) => loss), x: { label: 'step' }, y: { label: 'loss' } })}</div>
<div class="two"><div class="card">${chart({ title: 'Training accuracy', description: 'Moving average of the fraction of training images classified correctly, without the margin.', series: curves(({ accuracy }) => accuracy), x: { label: 'step' }, y: { label: 'without the margin', range: [0, 1], format: (value) => percent(value, 0) } })}</div>
<div class="card">${chart({ title: 'ROC on unseen people', description: 'True accept rate against false accept rate of each run that was verified.', series: roc, x: { label: 'false accept rate', scale: 'log', range: [LEAST_FAR, 1] }, y: { label: 'true accept rate', range: [0, 1], format: (value) => percent(value, 0) } })}</div></div></section>`;
}

type Step = NamedRun['history']['steps'][number];

/** Stage by stage, because different losses are not comparable. */
function smoothed({ history: { steps, stages } }: NamedRun, value: (step: Step) => number): Points[] {
  const window = Math.max(5, Math.round(steps.length / 40));
  return stages.map((_, stage) =>
    smooth(
      steps.filter((step) => step.stage === stage).map((step) => [step.step, value(step)] as const),
      window,
    ),
  );
}

const none = html`<span class="muted">–</span>`;
const points = (difference: number): string =>
  `${difference < 0 ? '−' : '+'}${(100 * Math.abs(difference)).toFixed(2)}`;

/**
 * One sentence: which recipe has the best mean accuracy, and whether the seeds rule out chance. `undefined` if fewer
 * than two were verified.
 */
export function verdictOf(recipes: readonly Recipe[]): string | undefined {
  const [best, second] = recipes.filter(({ accuracy }) => accuracy);
  if (!second) return undefined;
  const lead = (best.accuracy!.mean - second.accuracy!.mean) * 100;
  const contest = contestOf(best, second);
  const ahead = `${best.name} leads ${second.name} by ${lead.toFixed(2)} points`;
  if (!contest) return `${ahead}, but on other seeds. Run both with the same seeds to learn more.`;
  const { differences, interval } = contest;
  const won = differences.filter(({ value }) => value > 0).length;
  if (interval && interval[0] > 0)
    return `${best.name} wins: ${(100 * contest.mean).toFixed(2)} points above ${second.name} on average, ahead on ${won} of ${differences.length} seeds.`;
  if (differences.length === 1) return `${ahead}, but one seed is not conclusive.`;
  return `${ahead} and on ${won} of ${differences.length} seeds, which is within their noise.`;
}

/** What else than the recipe may have made the difference. */
export function caveatsOf(recipes: readonly Recipe[]): string[] {
  const steps = new Set(recipes.map((recipe) => recipe.steps));
  const sets = new Set(
    recipes.flatMap(({ runs }) =>
      runs.flatMap(({ history: { evaluated } }) => (evaluated ? [evaluated.verification.pairs] : [])),
    ),
  );
  return [
    ...(steps.size > 1 ? ['The recipes did not train for the same number of steps.'] : []),
    ...(sets.size > 1
      ? ['The runs were not all verified on the same number of pairs, so their accuracies may be for different people.']
      : []),
  ];
}

/** The recipes by accuracy, each against the best. */
function verdict(recipes: readonly Recipe[]): Html {
  const sentence = verdictOf(recipes);
  if (recipes.length === 0 || (!sentence && recipes.every(({ runs }) => runs.length === 1))) return html``;
  const [best] = recipes;
  return html`${sentence && html`<p><strong>${sentence}</strong></p>`}
${sentence && caveatsOf(recipes).map((caveat) => html`<p class="muted">${caveat}</p>`)}
<div ${scrolling('Recipes')}><table><caption>Recipes</caption>
<thead><tr><th scope="col">Recipe</th><th scope="col" class="number">Accuracy, mean ± deviation over seeds</th><th scope="col">By seed</th><th scope="col" class="number">Steps</th><th scope="col">Against the first, in points</th></tr></thead>
<tbody>${recipes.map((recipe) => html`<tr><th scope="row">${recipe.name}${recipe.differs.map((each) => html`<br><span class="small muted">${each}</span>`)}</th><td class="number">${recipe.accuracy ? accuracyOf(recipe.accuracy) : none}</td><td>${recipe.accuracy ? recipe.accuracy.values.map(({ seed, value }) => `${seed}: ${percent(value, 2)}`).join(', ') : none}</td><td class="number">${recipe.steps === undefined ? none : count(recipe.steps)}</td><td>${recipe !== best && recipe.accuracy ? against(recipe, best) : none}</td></tr>`)}</tbody></table>
<p class="small muted">Runs whose configs differ only in the seed share a recipe. Two recipes are compared seed by seed, with Student’s 95 % interval. The first wins if the interval excludes 0.</p></div>`;
}

const accuracyOf = ({ mean, deviation }: NonNullable<Recipe['accuracy']>): string =>
  `${percent(mean, 2)}${deviation === undefined ? '' : ` ± ${percent(deviation, 2)}`}`;

function against(recipe: Recipe, best: Recipe): Html {
  const contest = contestOf(recipe, best);
  if (!contest) return html`<span class="muted">no seed in common</span>`;
  const { differences, mean, interval } = contest;
  return html`${points(mean)}${interval && ` (${points(interval[0])} to ${points(interval[1])})`}<br><span class="small muted">${differences.map(({ seed, value }) => `${seed}: ${points(value)}`).join(', ')}</span>`;
}

function table(runs: readonly NamedRun[]): Html {
  return html`<table><caption>What the runs came to</caption>
<thead><tr><th scope="col">Run</th><th scope="col" class="number">Accuracy on unseen people</th><th scope="col" class="number">TAR at FAR 1e-2</th><th scope="col" class="number">People</th><th scope="col" class="number">Images</th><th scope="col">Losses</th><th scope="col" class="number">Steps</th><th scope="col" class="number">Final loss</th><th scope="col" class="number">Images/s</th><th scope="col">Engine</th></tr></thead>
<tbody>${runs.map(({ name, history: { evaluated, training, stages, steps, trained, engines } }) => {
    const verification = evaluated?.verification;
    const tar = verification?.tarAtFar['1e-2'];
    const last = stages.findLast(({ finished }) => finished)?.finished;
    return html`<tr><th scope="row">${name}</th><td class="number">${verification ? html`${percent(verification.accuracy, 2)}<br><span class="small muted">± ${percent(verification.std, 2)}, ${count(verification.pairs)} pairs</span>` : none}</td><td class="number">${typeof tar === 'number' ? percent(tar, 2) : none}</td><td class="number">${training ? count(training.identities) : none}</td><td class="number">${training ? count(training.images) : none}</td><td>${stages
      .map(({ started }) => started?.loss)
      .filter(Boolean)
      .join(
        ' → ',
      )}</td><td class="number">${steps.length ? count(steps[steps.length - 1].step) : none}</td><td class="number">${last ? figure(last.finalLoss) : none}</td><td class="number">${trained ? figure(trained.imagesPerSecond) : none}</td><td>${engines[engines.length - 1]?.name ?? none}</td></tr>`;
  })}</tbody></table>`;
}
