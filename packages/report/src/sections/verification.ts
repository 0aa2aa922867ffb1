/** How well two photos are told to show the same person or not. */
import { chart } from '../chart.js';
import { count, figure, percent } from '../format.js';
import type { History } from '../history.js';
import { html, type Html } from '../html.js';

export function verificationSection({ evaluated }: History): Html {
  if (!evaluated) return html``;
  const { accuracy, std, pairs, folds, threshold, tarAtFar, roc, skipped } = evaluated.verification;
  const rows = Object.entries(tarAtFar).sort(([a], [b]) => Number(b) - Number(a));
  const lowest = roc.map(({ far }) => far).filter((far) => far > 0).reduce((a, b) => Math.min(a, b), 0.1);
  return html`<section><h2>Verification</h2>
<p>Two photos are called the same person when the cosine of their embeddings reaches the threshold. <strong>${percent(accuracy, 2)}</strong> of ${count(pairs)} pairs are told right (± ${percent(std, 2)} over ${folds} folds; each fold is judged with the threshold that is best on the others). The threshold over all pairs is ${figure(threshold)}.${skipped ? ` ${count(skipped)} pairs were left out because an image could not be read.` : ''}</p>
<div class="two"><div class="card">${chart({
    title: 'ROC',
    description: 'True accept rate against false accept rate, on a logarithmic axis; the dashed line is chance.',
    series: [
      { name: 'model', points: roc.map(({ far, tar }) => [Math.max(far, lowest), tar]), colour: 1 },
      { name: 'chance', points: Array.from({ length: 41 }, (_, index) => lowest ** (1 - index / 40)).map((far) => [far, far]), colour: 4, style: 'dashed' },
    ],
    x: { label: 'false accept rate', scale: 'log', range: [lowest, 1] },
    y: { label: 'true accept rate', range: [0, 1], format: (value) => percent(value, 0) },
  })}</div>
<div class="card"><table><caption>True accept rate at a false accept rate</caption>
<thead><tr><th scope="col">FAR</th><th scope="col" class="number">TAR</th></tr></thead>
<tbody>${rows.map(([far, tar]) => html`<tr><th scope="row">${far}</th><td class="number">${tar === null ? html`<span class="muted">too few different pairs</span>` : percent(tar, 2)}</td></tr>`)}</tbody></table></div></div></section>`;
}
