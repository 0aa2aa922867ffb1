/** How the time of training steps was spent: waiting for data, the step itself, everything else. */
import type { StepTime } from '@facewright/core';
import { count, duration, figure, percent } from '../format.js';
import type { History } from '../history.js';
import { html, type Html } from '../html.js';
import { scrolling } from './scrolling.js';

const PARTS = [
  { part: 'compute', name: 'the step', colour: 1 },
  { part: 'data', name: 'waiting for data', colour: 2 },
  { part: 'other', name: 'validation, checkpoints, events', colour: 4 },
] as const satisfies readonly { part: keyof StepTime; name: string; colour: number }[];

export function timeTable({ steps, stages }: History): Html {
  const rows = stages.flatMap(({ started, finished }, stage) => {
    const times = steps.flatMap((step) => (step.stage === stage && step.time ? [step.time] : []));
    if (!times.length) return [];
    const sums = PARTS.map(({ part, ...rest }) => ({ ...rest, ms: times.reduce((sum, time) => sum + time[part], 0) }));
    return [
      {
        loss: finished?.loss ?? started?.loss,
        number: times.length,
        sums,
        total: sums.reduce((sum, { ms }) => sum + ms, 0),
      },
    ];
  });
  if (!rows.length) return html``;
  return html`<div ${scrolling('Where the time went')}><table><caption>Where the time went <span class="legend">${PARTS.map(({ name, colour }) => html`<span class="key c${colour}">${name}</span>`)}</span></caption>
<thead><tr><th scope="col">Stage</th><th scope="col" class="shares">Shares</th>${PARTS.map(({ part }) => html`<th scope="col" class="number">${part}</th>`)}<th scope="col" class="number">ms per step</th><th scope="col" class="number">Total</th></tr></thead>
<tbody>${rows.map(
    ({ loss, number, sums, total }) =>
      html`<tr><th scope="row">${loss}, ${count(number)} steps</th><td>${bar(sums, total)}</td>${sums.map(({ ms }) => html`<td class="number">${percent(ms / (total || 1))}</td>`)}<td class="number">${figure(total / number)}</td><td class="number">${duration(total / 1000)}</td></tr>`,
  )}</tbody></table></div>`;
}

function bar(
  sums: readonly { readonly ms: number; readonly colour: number; readonly name: string }[],
  total: number,
): Html {
  let from = 0;
  return html`<svg class="time" viewBox="0 0 200 14" preserveAspectRatio="none" role="img" aria-label="${sums.map(({ name, ms }) => `${name} ${percent(ms / (total || 1))}`).join(', ')}">${sums.map(
    ({ ms, colour }) => {
      const width = (200 * ms) / (total || 1);
      const part = html`<rect class="c${colour}" x="${from.toFixed(2)}" width="${width.toFixed(2)}" height="14"/>`;
      from += width;
      return part;
    },
  )}</svg>`;
}
