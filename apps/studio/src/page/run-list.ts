/** The list of runs: the progress or result of each, which ones are compared, and which one is shown. */
import { duration, percent } from '@facewright/report';
import { element } from './dom.js';
import type { Run } from './state.js';
import { underWay, type UnderWay } from './under-way.js';

export interface RunList {
  readonly box: HTMLElement;
  update(runs: readonly Run[], chosen: { readonly shown?: string; readonly ticked: ReadonlySet<string> }): void;
}

interface Row {
  readonly item: HTMLElement;
  readonly tick: HTMLInputElement;
  readonly button: HTMLButtonElement;
  readonly state: HTMLElement;
  readonly bar: HTMLProgressElement;
}

export function createRunList({
  onShow,
  onTick,
}: {
  onShow(name: string): void;
  onTick(name: string, on: boolean): void;
}): RunList {
  const rows = new Map<string, Row>();
  const list = element('ul', { class: 'runs' });
  const empty = element(
    'p',
    { class: 'muted' },
    'No run is open yet. A run trained on the page “Train” appears here too.',
  );
  const hint = element('p', { class: 'hint' }, 'Tick runs to compare them. Click a name to see its report below.');

  function makeRow(name: string): Row {
    const tick = element('input', { type: 'checkbox', 'aria-label': `Compare ${name}` });
    tick.addEventListener('change', () => onTick(name, tick.checked));
    const button = element('button', { type: 'button', class: 'run', onclick: () => onShow(name) }, name);
    const bar = element('progress', { max: 1, value: 0, 'aria-label': `Progress of ${name}` });
    const state = element('span', { class: 'state' });
    return { tick, button, bar, state, item: element('li', {}, tick, button, state, bar) };
  }

  return {
    box: element('section', { class: 'card', 'aria-label': 'Open runs' }, empty, list, hint),
    update(runs, { shown, ticked }) {
      empty.hidden = runs.length > 0;
      list.hidden = !empty.hidden;
      hint.hidden = runs.length < 2;
      for (const run of runs) {
        const row = rows.get(run.name) ?? makeRow(run.name);
        rows.set(run.name, row);
        row.tick.checked = ticked.has(run.name);
        row.tick.hidden = runs.length < 2;
        row.button.setAttribute('aria-pressed', String(run.name === shown));
        const way = underWay(run.events, Date.now());
        row.state.textContent = way ? goingText(way) : endText(run);
        row.state.classList.toggle('going', way !== undefined && way.silentFor === undefined);
        row.bar.hidden = way?.share === undefined;
        row.bar.value = way?.share ?? 0;
        if (row.item.parentNode !== list) list.append(row.item);
      }
    },
  };
}

function goingText({ task, amount, left, silentFor }: UnderWay): string {
  if (silentFor !== undefined) return `Not finished; no news for ${duration(silentFor / 1000)} (${task})`;
  return [task, amount, left].filter(Boolean).join(' · ');
}

function endText({ history: { finished, evaluated } }: Run): string {
  const accuracy = evaluated && `${percent(evaluated.verification.accuracy, 2)} of pairs correct`;
  return [accuracy, finished && `took ${duration(finished.seconds)}`].filter(Boolean).join(' · ') || 'Finished';
}
