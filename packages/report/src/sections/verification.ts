/**
 * How well the model separates same and different pairs: the ROC curve, a threshold for each rate, the worst pairs, the
 * map of people.
 */
import type { Verification } from '@facewright/core';
import { chart } from '../chart.js';
import { count, figure, percent } from '../format.js';
import type { History } from '../history.js';
import { html, type Html } from '../html.js';
import type { PairPicture } from '../pictures.js';
import { peopleMap } from './people.js';
import { groupTable, identificationTable } from './groups.js';
import { image } from './picture.js';
import { pictureKey } from '../page-pictures.js';
import { scrolling } from './scrolling.js';

export function verificationSection({ evaluated }: History, pairs: readonly PairPicture[] = []): Html {
  if (!evaluated) return html``;
  const { verification, people, groups, identification } = evaluated;
  const { accuracy, std, pairs: number, same, different, folds, threshold, eer, auc, skipped } = verification;
  return html`<section><h2>Verification</h2>
<p><strong>${percent(accuracy, 2)}</strong> of ${count(number)} pairs were classified correctly (${folds}-fold cross-validation, ± ${percent(std, 2)}): ${count(same)} pairs of the same person and ${count(different)} of different people. Two photos count as the same person when the cosine of their embeddings reaches the threshold, ${figure(threshold)} over all pairs. The equal error rate is ${percent(eer, 2)}, the area under the curve ${auc.toFixed(4)}.${skipped ? ` ${count(skipped)} pairs were left out because an image could not be read.` : ''}</p>
<div class="two"><div class="card">${curve(verification)}</div>
<div ${scrolling('Thresholds')}>${thresholds(verification)}</div></div>
${groups && groupTable(groups)}
${identification && identificationTable(identification)}
${worst(pairs)}
${people && peopleMap(people)}</section>`;
}

function curve({ roc, eer }: Verification): Html {
  const lowest = roc
    .map(({ far }) => far)
    .filter((far) => far > 0)
    .reduce((a, b) => Math.min(a, b), 0.1);
  // the axis starts where the curve does, in tenths, so that a good model's curve is not a flat line
  const least = roc.filter(({ far }) => far <= lowest).reduce((most, { tar }) => Math.max(most, tar), 0);
  const bottom = Math.min(0.9, Math.floor(least * 10) / 10);
  return chart({
    title: 'ROC',
    description:
      'True accept rate against false accept rate, on a logarithmic axis; the dashed line is chance, the dot the equal error rate.',
    series: [
      { name: 'model', points: roc.map(({ far, tar }) => [Math.max(far, lowest), tar]), colour: 1 },
      ...(eer >= lowest
        ? [{ name: 'equal error', points: [[eer, 1 - eer]] as const, colour: 2, style: 'dots' } as const]
        : []),
      {
        name: 'chance',
        points: Array.from({ length: 41 }, (_, index) => Math.max(lowest, bottom) ** (1 - index / 40)).map((far) => [
          far,
          far,
        ]),
        colour: 4,
        style: 'dashed',
      },
    ],
    x: { label: 'false accept rate', scale: 'log', range: [lowest, 1] },
    y: { label: 'true accept rate', range: [bottom, 1], format: (value) => percent(value, 0) },
  });
}

function thresholds({ operatingPoints, different }: Verification): Html {
  const rows = [...operatingPoints].sort((a, b) => Number(b.far) - Number(a.far));
  return html`<table><caption>Thresholds</caption>
<thead><tr><th scope="col">False accept rate</th><th scope="col" class="number">Threshold</th><th scope="col" class="number">True accepts</th><th scope="col" class="number">False accepts</th></tr></thead>
<tbody>${rows.map(
    ({ far, threshold, tar, falseAccepts }) =>
      html`<tr><th scope="row">${far}</th>${
        threshold === null || tar === null || falseAccepts === null
          ? html`<td class="muted" colspan="3">not enough pairs: it takes ${count(1 / Number(far))}</td>`
          : html`<td class="number">${threshold.toFixed(3)}</td><td class="number">${percent(tar, 2)}</td><td class="number">${count(falseAccepts)}</td>`
      }</tr>`,
  )}</tbody></table><p class="small muted">Each threshold accepts at most that fraction of the ${count(different)} different pairs. Figures based on only a few false accepts are rough.</p>`;
}

function worst(pairs: readonly PairPicture[]): Html {
  if (!pairs.length) return html``;
  const sheet = (title: string, verdict: string, list: readonly PairPicture[]): Html | false =>
    list.length > 0 &&
    html`<div class="card"><h3>${title}</h3><ul class="pairs">${list.map(
      (pair) =>
        html`<li class="${pair.wrong && 'wrong'}"><div>${pair.images.map((picture, which) => image(picture, picture.name, pictureKey('pair', pairs.indexOf(pair), which)))}</div><span class="score">${pair.score.toFixed(3)}${pair.wrong && html` <b>${verdict}</b>`}</span>${pair.images.map(({ name }) => html`<span class="name" title="${name}">${name}</span>`)}</li>`,
    )}</ul></div>`;
  return html`<h3>Worst pairs</h3><div class="two">${sheet(
    'Different people, most similar',
    'false accept',
    pairs.filter(({ same }) => !same),
  )}${sheet(
    'Same person, least similar',
    'false reject',
    pairs.filter(({ same }) => same),
  )}</div>`;
}
