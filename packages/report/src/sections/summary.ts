/** The top of the report: which run this was, and its results at a glance. */
import { countOf, type Verification } from '@facewright/core';
import { count, duration, figure, percent } from '../format.js';
import type { History } from '../history.js';
import { html, type Html } from '../html.js';

/** Title of a run, or of an evaluation alone. */
export const title = ({ started }: History): string =>
  started?.command === 'evaluate' ? 'Evaluation of a model' : 'Face-recognition run';

export function header(history: History): Html {
  const { started, finished } = history;
  const engine = history.engines.at(-1);
  const facts = [
    started && `${new Date(started.at).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    started && `facewright ${started.command}`,
    started && `seed ${started.seed}`,
    engine && `engine ${engine.name} (${engine.device})`,
    finished && `took ${duration(finished.seconds)}`,
  ];
  return html`<header><h1>${title(history)}</h1><p class="muted facts">${facts.filter(Boolean).join(' · ')}</p>${tiles(history)}</header>`;
}

interface Tile {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly main?: boolean;
}

function tiles({ evaluated, training, trained, prepared, stages }: History): Html {
  const list: Tile[] = [];
  const verification = evaluated?.verification;
  if (verification) {
    list.push({
      name: 'Verification accuracy',
      value: percent(verification.accuracy, fine(verification.accuracy)),
      note: `± ${percent(verification.std)} over ${verification.folds} folds${training ? ', people never trained on' : ''}`,
      main: true,
    });
    const tar = strictestTar(verification);
    if (tar)
      list.push({
        name: `True accepts at FAR ${tar.far}`,
        value: percent(tar.value, fine(tar.value)),
        note: `${count(verification.pairs)} pairs`,
      });
    if (!training)
      list.push({
        name: 'Equal error rate',
        value: percent(verification.eer, 2),
        note: `area under the curve ${verification.auc.toFixed(4)}`,
      });
  }
  const people = training?.identities ?? prepared?.summary.identities;
  const images = training?.images ?? prepared?.summary.images;
  if (people !== undefined && images !== undefined)
    list.push({
      name: training ? 'Trained on' : 'Prepared',
      value: countOf(people, 'person'),
      note: countOf(images, 'image'),
    });
  const steps = stages.reduce((sum, { finished }) => sum + (finished?.steps ?? 0), 0);
  if (steps)
    list.push({
      name: 'Steps',
      value: count(steps),
      note: stages
        .flatMap(({ finished }) => (finished ? [`${finished.loss} ${count(finished.steps)}`] : []))
        .join(', '),
    });
  if (prepared)
    list.push({
      name: 'Photos kept',
      value: `${count(prepared.summary.kept)} of ${count(prepared.summary.photos)}`,
      note: `${figure(prepared.photosPerSecond)} photos/s`,
    });
  if (trained)
    list.push({
      name: 'Training speed',
      value: figure(trained.imagesPerSecond),
      note: `images/s for ${duration(trained.seconds)}`,
    });
  if (!list.length) return html``;
  return html`<dl class="tiles">${list.map(({ name, value, note, main }) => html`<div class="tile ${main && 'main'}"><dt>${name}</dt><dd><span class="value">${value}</span>${note && html`<span class="note">${note}</span>`}</dd></div>`)}</dl>`;
}

/** Close to 100 %, the second decimal distinguishes models. */
const fine = (value: number): number => (value > 0.97 ? 2 : 1);

function strictestTar({ tarAtFar }: Verification): { far: string; value: number } | undefined {
  const known = Object.entries(tarAtFar).flatMap(([far, value]) => (value === null ? [] : [{ far, value }]));
  return known.sort((a, b) => Number(a.far) - Number(b.far))[0];
}
