/** Several runs side by side: their curves in one chart each, and a table of what they came to. */
import { chart, count, figure, html, percent, smooth, type Html, type Points, type Series } from '@facewright/report';
import type { Run } from '../state.js';

const COLOURS = [1, 2, 3, 4] as const;
/** More lines than colours would not be told apart. */
export const MOST_CURVES = COLOURS.length;

type Step = Run['history']['steps'][number];

/** Curves of the first four runs and a row for each of all. */
export function comparison(runs: readonly Run[]): Html {
  const shown = runs.slice(0, MOST_CURVES);
  const curves = (value: (step: Step) => number): Series[] => shown.map((run, index) => ({ name: run.name, points: smoothed(run, value), colour: COLOURS[index] }));
  const roc: Series[] = shown.flatMap(({ name, history: { evaluated } }, index) =>
    evaluated ? [{ name, points: evaluated.verification.roc.map(({ far, tar }): readonly [number, number] => [Math.max(far, LEAST_FAR), tar]), colour: COLOURS[index] }] : [],
  );
  return html`<section aria-labelledby="compared"><h2 id="compared">Compared</h2>
${runs.length > shown.length && html`<p class="muted">The curves are those of the first ${shown.length} runs; the table has all ${runs.length}.</p>`}
<div class="card scroll">${table(runs)}</div>
<div class="card">${chart({ title: 'Loss', width: 'full', description: 'Moving mean of each run’s training loss by step.', series: curves(({ loss }) => loss), x: { label: 'step' }, y: { label: 'loss' } })}</div>
<div class="two"><div class="card">${chart({ title: 'Training accuracy', description: 'Moving mean of the share of training images told right, without the margin.', series: curves(({ accuracy }) => accuracy), x: { label: 'step' }, y: { label: 'without the margin', range: [0, 1], format: (value) => percent(value, 0) } })}</div>
<div class="card">${chart({ title: 'ROC on unseen people', description: 'True accept rate against false accept rate of each run that was verified.', series: roc, x: { label: 'false accept rate', scale: 'log', range: [LEAST_FAR, 1] }, y: { label: 'true accept rate', range: [0, 1], format: (value) => percent(value, 0) } })}</div></div></section>`;
}

const LEAST_FAR = 1e-4;

/** Each stage by itself: across the switch the losses measure different things. */
function smoothed({ history: { steps, stages } }: Run, value: (step: Step) => number): Points[] {
  const window = Math.max(5, Math.round(steps.length / 40));
  return stages.map((_, stage) => smooth(steps.filter((step) => step.stage === stage).map((step) => [step.step, value(step)] as const), window));
}

function table(runs: readonly Run[]): Html {
  const none = html`<span class="muted">–</span>`;
  return html`<table><caption>What the runs came to</caption>
<thead><tr><th scope="col">Run</th><th scope="col" class="number">Accuracy on unseen people</th><th scope="col" class="number">TAR at FAR 1e-2</th><th scope="col" class="number">People</th><th scope="col" class="number">Images</th><th scope="col">Losses</th><th scope="col" class="number">Steps</th><th scope="col" class="number">Final loss</th><th scope="col" class="number">Images/s</th><th scope="col">Engine</th></tr></thead>
<tbody>${runs.map(({ name, history: { evaluated, training, stages, steps, trained, engines } }) => {
    const verification = evaluated?.verification;
    const tar = verification?.tarAtFar['1e-2'];
    const last = stages.findLast(({ finished }) => finished)?.finished;
    return html`<tr><th scope="row">${name}</th><td class="number">${verification ? html`${percent(verification.accuracy, 2)}<br><span class="small muted">± ${percent(verification.std, 2)}, ${count(verification.pairs)} pairs</span>` : none}</td><td class="number">${typeof tar === 'number' ? percent(tar, 2) : none}</td><td class="number">${training ? count(training.identities) : none}</td><td class="number">${training ? count(training.images) : none}</td><td>${stages.map(({ started }) => started?.loss).filter(Boolean).join(' → ')}</td><td class="number">${steps.length ? count(steps[steps.length - 1].step) : none}</td><td class="number">${last ? figure(last.finalLoss) : none}</td><td class="number">${trained ? figure(trained.imagesPerSecond) : none}</td><td>${engines[engines.length - 1]?.name ?? none}</td></tr>`;
  })}</tbody></table>`;
}
