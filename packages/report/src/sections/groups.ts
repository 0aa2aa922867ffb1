/** Figures by group, and of identification, in the report. */
import type { GroupFigures, Identification, Share } from '@facewright/core';
import { count, percent } from '../format.js';
import { html, type Html } from '../html.js';
import { scrolling } from './scrolling.js';

export function groupTable({ threshold, groups, gaps, across, ungrouped }: GroupFigures): Html {
  const cell = (share: Share | null): Html =>
    share
      ? html`<td class="number">${percent(share.share, 2)} <span class="small muted">${percent(share.low, 2)} to ${percent(share.high, 2)}</span></td>`
      : html`<td class="muted">no such pairs</td>`;
  const gap = (found: GroupFigures['gaps']['accuracy']): Html =>
    found
      ? html`<td class="number">${percent(found.gap, 2)} <span class="small muted">${found.lowest} lowest, ${found.highest} highest</span></td>`
      : html`<td></td>`;
  return html`<h3>By group</h3>
<div ${scrolling('Figures by group')}><table><caption>At the threshold ${threshold.toFixed(3)}, with 95 % intervals</caption>
<thead><tr><th scope="col">Group</th><th scope="col" class="number">Same</th><th scope="col" class="number">Different</th><th scope="col" class="number">Accuracy</th><th scope="col" class="number">False accepts</th><th scope="col" class="number">False rejects</th></tr></thead>
<tbody>${groups.map(
    (row) =>
      html`<tr><th scope="row">${row.group}</th><td class="number">${count(row.same)}</td><td class="number">${count(row.different)}</td>${cell(row.accuracy)}${cell(row.falseAcceptRate)}${cell(row.falseRejectRate)}</tr>`,
  )}<tr><th scope="row">Largest gap</th><td></td><td></td>${gap(gaps.accuracy)}${gap(gaps.falseAcceptRate)}${gap(gaps.falseRejectRate)}</tr></tbody></table></div>
<p class="small muted">A pair counts for a group if both its images are in it; ${count(across)} pairs are of two groups, ${count(ungrouped)} have an image in no group.</p>`;
}

export function identificationTable(found: Identification): Html {
  const { draws, enrolled, mated, nonMated, rank1, rank1Std, points } = found;
  return html`<h3>Identification</h3>
<p>${count(enrolled)} people were enrolled with one photo each; ${count(Math.round(mated))} other photos of them and ${count(Math.round(nonMated))} of other people were looked for (mean of ${count(draws)} draws). The best candidate is the right person for <strong>${percent(rank1, 2)}</strong> (± ${percent(rank1Std, 2)}).</p>
<div ${scrolling('Identification')}><table><caption>False positives and negatives</caption>
<thead><tr><th scope="col">False positive rate (FPIR)</th><th scope="col" class="number">Threshold</th><th scope="col" class="number">False negative rate (FNIR)</th></tr></thead>
<tbody>${points.map(
    ({ fpir, threshold, fnir }) =>
      html`<tr><th scope="row">${fpir}</th>${
        threshold === null || fnir === null
          ? html`<td class="muted" colspan="2">not enough photos of other people: it takes ${count(1 / fpir)}</td>`
          : html`<td class="number">${threshold.toFixed(3)}</td><td class="number">${percent(fnir, 2)}</td>`
      }</tr>`,
  )}</tbody></table></div>`;
}
